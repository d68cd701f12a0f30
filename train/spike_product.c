#include "train/spike_product.h"

#include "core/base/mem.h"
#include "core/math/kernels.h"
#include "train/gather.h"

#include <stdint.h>
#include <string.h>

/*
 * A panel of the matrix stays in the nearest cache, with room beside it, while all sums add rows of
 * it. All but the last one have whole vectors of columns, of the widest kind.
 */
enum {
    PANEL_ROWS = 96,
    PANEL_COLUMNS = 112,
    PANEL_LANES = 16,                    /* of the widest vector */
    PANEL_WORDS = (PANEL_ROWS + 63) / 64 /* with a bit for each of its rows */
};

struct spike_product {
    uint32_t *list;  /* the rows of a panel that are added to each sum, one sum after the other */
    uint32_t *begin; /* of each sum's, and the last one's end */
    uint32_t *marks; /* [2 * PANEL_WORDS][units]: bit i of row k is row 32 k + i */
    real *panel;     /* [PANEL_ROWS][columns of the panel] */
};

struct spike_product *spike_product_new(size_t rows, size_t units)
{
    struct spike_product *product = mem_alloc(1, sizeof *product);
    if (!product)
        return NULL;
    size_t sums = rows > units ? rows : units;
    product->list = mem_alloc(sums * PANEL_ROWS, sizeof *product->list);
    product->begin = mem_alloc(sums + 1, sizeof *product->begin);
    product->marks = mem_alloc(units * 2 * PANEL_WORDS, sizeof *product->marks);
    product->panel = mem_alloc(PANEL_ROWS * PANEL_COLUMNS, sizeof *product->panel);
    if (product->list && product->begin && product->marks && product->panel)
        return product;
    spike_product_free(product);
    return NULL;
}

void spike_product_free(struct spike_product *product)
{
    if (!product)
        return;
    mem_free(product->list);
    mem_free(product->begin);
    mem_free(product->marks);
    mem_free(product->panel);
    mem_free(product);
}

bool spike_product_pays(const real *spikes, size_t rows, size_t units)
{
    return gather_count(spikes, rows * units) <= rows * units / 5 * 3;
}

/* Lists for each row the units first .. first + count - 1 that spike, counted from `first`. */
static void list_by_row(struct spike_product *product, const real *spikes, size_t rows,
                        size_t units, size_t first, size_t count)
{
    const struct kernels *kernels = kernels_get();
    uint32_t found = 0;
    for (size_t row = 0; row < rows; row++) {
        product->begin[row] = found;
        found += kernels->list_nonzero(spikes + row * units + first, count, product->list + found);
    }
    product->begin[rows] = found;
}

/* marks [units] of `count` rows, a bit a row. */
static void mark_rows(const real *spikes, size_t units, size_t count, uint32_t *marks)
{
    memset(marks, 0, units * sizeof *marks);
    for (size_t row = 0; row < count; row++)
        for (size_t unit = 0; unit < units; unit++)
            marks[unit] |= spikes[row * units + unit] != 0 ? UINT32_C(1) << row : 0;
}

/* Lists for each unit the rows first .. first + count - 1 in which it spikes, from `first`. */
static void list_by_unit(struct spike_product *product, const real *spikes, size_t units,
                         size_t first, size_t count)
{
    const struct kernels *kernels = kernels_get();
    uint32_t found = 0;
    for (size_t row = 0; row < PANEL_WORDS * 64; row += 32) {
        size_t some = row >= count ? 0 : count - row < 32 ? count - row : 32;
        mark_rows(spikes + (first + row) * units, units, some, product->marks + row / 32 * units);
    }
    for (size_t unit = 0; unit < units; unit++) {
        uint64_t words[PANEL_WORDS];
        for (size_t w = 0; w < PANEL_WORDS; w++)
            words[w] = product->marks[2 * w * units + unit] |
                       (uint64_t)product->marks[(2 * w + 1) * units + unit] << 32;
        product->begin[unit] = found;
        found += kernels->list_bits(words, count, product->list + found);
    }
    product->begin[units] = found;
}

/* Of `left` in parts of at most `most`, all about as large: the next one. */
static size_t even_share(size_t left, size_t most)
{
    size_t parts = (left + most - 1) / most;
    return (left + parts - 1) / parts;
}

/* Adds to `sums` sums out [..][columns] the listed rows of matrix [rows][columns]. */
static void add_listed(struct spike_product *product, const real *matrix, size_t rows,
                       size_t columns, size_t sums, const real *start, real *out)
{
    for (size_t at = 0, width; at < columns; at += width) {
        width = even_share(columns - at, PANEL_COLUMNS);
        width = (width + PANEL_LANES - 1) / PANEL_LANES * PANEL_LANES;
        width = width < columns - at ? width : columns - at;
        for (size_t row = 0; row < rows; row++)
            memcpy(product->panel + row * width, matrix + row * columns + at, width * sizeof *out);
        kernels_get()->add_lists(out + at, columns, sums, start ? start + at : NULL, product->panel,
                                 width, product->list, product->begin);
    }
}

void spike_product_forward(struct spike_product *product, const real *spikes, size_t rows,
                           size_t units, const real *matrix, const real *start, size_t columns,
                           real *out)
{
    for (size_t first = 0, count; first < units; first += count) {
        count = even_share(units - first, PANEL_ROWS);
        list_by_row(product, spikes, rows, units, first, count);
        add_listed(product, matrix + first * columns, count, columns, rows, first ? NULL : start,
                   out);
    }
}

void spike_product_gradient(struct spike_product *product, const real *spikes, size_t rows,
                            size_t units, const real *matrix, size_t columns, real *out)
{
    memset(out, 0, units * columns * sizeof *out);
    for (size_t first = 0, count; first < rows; first += count) {
        count = even_share(rows - first, PANEL_ROWS);
        list_by_unit(product, spikes, units, first, count);
        add_listed(product, matrix + first * columns, count, columns, units, NULL, out);
    }
}
