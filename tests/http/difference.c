/* Prints the mean squared difference of two grey PNGs of the same size. */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>

static png_bytep read_grey(const char *path, png_image *image)
{
    image->version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(image, path))
        return NULL;
    image->format = PNG_FORMAT_GRAY;
    png_bytep pixels = malloc(PNG_IMAGE_SIZE(*image));
    return pixels && png_image_finish_read(image, NULL, pixels, 0, NULL) ? pixels : NULL;
}

int main(int argc, char **argv)
{
    png_image left = {0}, right = {0};
    png_bytep a = argc == 3 ? read_grey(argv[1], &left) : NULL;
    png_bytep b = argc == 3 ? read_grey(argv[2], &right) : NULL;
    double sum = 0;
    if (!a || !b || left.width != right.width || left.height != right.height)
        return 1;
    for (size_t i = 0; i < PNG_IMAGE_SIZE(left); i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    printf("%.3f\n", sum / (double)PNG_IMAGE_SIZE(left));
    free(a);
    free(b);
    return 0;
}
