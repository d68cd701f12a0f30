/* Writes the small models into a folder: fuzz_models FOLDER */
#include "tests/fuzz/small_models.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_models FOLDER\n");
        return 2;
    }
    small_models_write(argv[1]);
    return 0;
}
