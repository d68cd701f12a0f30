#include "train/dataset_folder.h"

#include "core/base/mem.h"
#include "core/media/image.h"
#include "train/dataset_files.h"

#include <string.h>

/* One split of a data set on disk: which folder, which classes, which files. */
struct folder_tree {
    char root[DATASET_FILES_PATH_SIZE];    /* holds the class folders of this split */
    char classes[DATASET_FILES_PATH_SIZE]; /* holds those of the training split */
    bool divided;                          /* train/ and test/ exist */
    enum dataset_split split;
    struct dataset_names names;  /* class names */
    struct dataset_names *files; /* [names.count] */
    uint32_t num_items;          /* files of this split */
};

static void folder_free(struct folder_tree *tree)
{
    for (size_t i = 0; tree->files && i < tree->names.count; i++)
        dataset_files_free(&tree->files[i]);
    mem_free(tree->files);
    dataset_files_free(&tree->names);
}

/* Decides between the two layouts. */
static enum status folder_find_root(const char *dir, enum dataset_split split,
                                    struct folder_tree *tree, struct error *error)
{
    char train[DATASET_FILES_PATH_SIZE], test[DATASET_FILES_PATH_SIZE];
    enum status status = dataset_files_path(dir, "train", train, error);
    if (status == STATUS_OK)
        status = dataset_files_path(dir, "test", test, error);
    if (status != STATUS_OK)
        return status;
    tree->split = split;
    tree->divided = dataset_files_is_folder(train) && dataset_files_is_folder(test);
    const char *classes = tree->divided ? train : dir;
    const char *root = tree->divided && split == DATASET_TEST ? test : classes;
    memcpy(tree->classes, classes, strlen(classes) + 1);
    memcpy(tree->root, root, strlen(root) + 1);
    return STATUS_OK;
}

/* Classes of the test split must be known from the training split. */
static enum status folder_check_classes(const struct folder_tree *tree,
                                        const struct class_list *classes, struct error *error)
{
    struct dataset_names found;
    enum status status = dataset_files_list(tree->root, DATASET_ENTRY_FOLDER, &found, error);
    for (size_t i = 0; status == STATUS_OK && i < found.count; i++)
        if (class_list_find(classes, found.names[i]) < 0)
            status = error_set(error, STATUS_MALFORMED, "%s/%s: the training split has no class %s",
                               tree->root, found.names[i], found.names[i]);
    dataset_files_free(&found);
    return status;
}

static enum status folder_list_classes(struct folder_tree *tree, struct class_list *classes,
                                       struct error *error)
{
    enum status status =
        dataset_files_list(tree->classes, DATASET_ENTRY_FOLDER, &tree->names, error);
    if (status != STATUS_OK)
        return status;
    if (tree->names.count == 0)
        return error_set(error, STATUS_MALFORMED, "%s has no folders, one for each class",
                         tree->classes);
    status =
        class_list_fill(classes, (const char *const *)tree->names.names, tree->names.count, error);
    if (status != STATUS_OK)
        return error_prefix(error, status, "%s: ", tree->classes);
    return folder_check_classes(tree, classes, error);
}

/* Whether file `i` of a class belongs to the split. */
static bool folder_in_split(const struct folder_tree *tree, size_t i)
{
    if (tree->divided)
        return true;
    bool test = i % DATASET_FOLDER_TEST_EVERY == DATASET_FOLDER_TEST_EVERY - 1;
    return test == (tree->split == DATASET_TEST);
}

/* Lists the files of one class and counts those of the split. */
static enum status folder_list_class(struct folder_tree *tree, size_t label, struct error *error)
{
    char path[DATASET_FILES_PATH_SIZE];
    struct dataset_names *files = &tree->files[label];
    enum status status = dataset_files_path(tree->root, tree->names.names[label], path, error);
    if (status != STATUS_OK)
        return status;
    if (tree->split == DATASET_TEST && !dataset_files_is_folder(path))
        return STATUS_OK;
    status = dataset_files_list(path, DATASET_ENTRY_FILE, files, error);
    if (status == STATUS_OK && files->count == 0 && tree->split == DATASET_TRAIN)
        status = error_set(error, STATUS_MALFORMED, "%s has no files", path);
    for (size_t i = 0; i < files->count; i++)
        tree->num_items += folder_in_split(tree, i);
    return status;
}

static enum status folder_survey(const char *dir, enum dataset_split split,
                                 struct folder_tree *tree, struct class_list *classes,
                                 struct error *error)
{
    enum status status = folder_find_root(dir, split, tree, error);
    if (status == STATUS_OK)
        status = folder_list_classes(tree, classes, error);
    if (status != STATUS_OK)
        return status;
    tree->files = mem_alloc(tree->names.count, sizeof *tree->files);
    if (!tree->files)
        return error_plain(error, STATUS_NO_MEMORY);
    for (size_t i = 0; status == STATUS_OK && i < tree->names.count; i++)
        status = folder_list_class(tree, i, error);
    return status;
}

static enum status folder_add_image(struct image_set *images, const char *dir, const char *name,
                                    uint16_t label, struct error *error)
{
    enum { SIDE = DATASET_PICTURE_SIZE };
    char path[DATASET_FILES_PATH_SIZE];
    float pixels[SIDE * SIDE];
    struct buf content;
    buf_init(&content, DATASET_FILES_MAX_BYTES);
    enum status status = dataset_files_path(dir, name, path, error);
    if (status == STATUS_OK)
        status = dataset_files_read(path, &content, error);
    if (status != STATUS_OK)
        goto done;
    status = image_decode_png(content.bytes, content.size, IMAGE_POLARITY_KEEP, SIDE, SIDE, pixels,
                              error);
    if (status != STATUS_OK) {
        if (status != STATUS_NO_MEMORY)
            status = error_prefix(error, STATUS_MALFORMED, "%s: ", path);
        goto done;
    }
    uint8_t *image = images->pixels + (size_t)images->num_images * SIDE * SIDE;
    for (int i = 0; i < SIDE * SIDE; i++)
        image[i] = image_grey_byte(pixels[i]);
    images->labels[images->num_images++] = label;
done:
    buf_free(&content);
    return status;
}

static enum status folder_add_images(const struct folder_tree *tree, struct image_set *set,
                                     struct error *error)
{
    char dir[DATASET_FILES_PATH_SIZE];
    for (size_t label = 0; label < tree->names.count; label++) {
        enum status status = dataset_files_path(tree->root, tree->names.names[label], dir, error);
        const struct dataset_names *files = &tree->files[label];
        for (size_t i = 0; status == STATUS_OK && i < files->count; i++)
            if (folder_in_split(tree, i))
                status = folder_add_image(set, dir, files->names[i], (uint16_t)label, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status dataset_folder_load_images(const char *dir, enum dataset_split split,
                                       struct image_set *set, struct error *error)
{
    struct folder_tree tree = {0};
    enum status status = folder_survey(dir, split, &tree, &set->classes, error);
    if (status == STATUS_OK && tree.num_items == 0)
        status =
            error_set(error, STATUS_MALFORMED, "%s has no files for the test split", tree.root);
    if (status != STATUS_OK)
        goto done;
    set->width = set->height = DATASET_PICTURE_SIZE;
    set->pixels = mem_alloc(tree.num_items, (size_t)set->width * (size_t)set->height);
    set->labels = mem_alloc(tree.num_items, sizeof *set->labels);
    if (set->pixels && set->labels)
        status = folder_add_images(&tree, set, error);
    else
        status = error_plain(error, STATUS_NO_MEMORY);
done:
    folder_free(&tree);
    return status;
}

/* Adds all files below one root; without a division on disk their place decides. */
static enum status folder_add_speech(const struct folder_tree *tree, struct corpus *corpus,
                                     struct error *error)
{
    char dir[DATASET_FILES_PATH_SIZE];
    for (size_t label = 0; label < tree->names.count; label++) {
        enum status status = dataset_files_path(tree->root, tree->names.names[label], dir, error);
        const struct dataset_names *files = &tree->files[label];
        for (size_t i = 0; status == STATUS_OK && i < files->count; i++) {
            bool training = folder_in_split(tree, i) == (tree->split == DATASET_TRAIN);
            status = corpus_add(corpus, dir, files->names[i], (int)label, NULL,
                                training ? CORPUS_TRAIN : CORPUS_TEST, error);
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status folder_list_side(const char *dir, enum dataset_split split, bool *divided,
                                    struct corpus *corpus, struct error *error)
{
    struct folder_tree tree = {0};
    class_list_free(&corpus->classes);
    enum status status = folder_survey(dir, split, &tree, &corpus->classes, error);
    if (status == STATUS_OK)
        status = folder_add_speech(&tree, corpus, error);
    *divided = tree.divided;
    folder_free(&tree);
    return status;
}

enum status dataset_folder_list_speech(const char *dir, struct corpus *corpus, struct error *error)
{
    bool divided;
    enum status status = folder_list_side(dir, DATASET_TRAIN, &divided, corpus, error);
    if (status == STATUS_OK && divided)
        status = folder_list_side(dir, DATASET_TEST, &divided, corpus, error);
    return status;
}
