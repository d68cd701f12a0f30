#include "core/spike/step_lists.h"

static size_t num_words(const struct step_bits *bits)
{
    return ((size_t)bits->num_units + 63) / 64;
}

static struct kernel_span list_row(const uint64_t *row, uint32_t num_units, uint32_t *units,
                                   uint32_t begin)
{
    uint32_t found = kernels_get()->list_bits(row, num_units, units + begin);
    return (struct kernel_span){begin, begin + found};
}

uint32_t step_lists_whole(const struct step_bits *bits, uint32_t *units, struct kernel_step *steps)
{
    uint32_t listed = 0;
    for (uint32_t s = 0; s < bits->num_steps; s++) {
        steps[s] = (struct kernel_step){
            .more = list_row(bits->words + s * num_words(bits), bits->num_units, units, listed)};
        listed = steps[s].more.end;
    }
    return listed;
}

/*
 * The number (from 1) of the earlier step from which step s differs in the fewest units, or 0
 * where none has fewer than the step has spikes, num_spikes.
 */
static uint32_t most_alike(const struct step_bits *bits, uint32_t s, uint64_t num_spikes)
{
    uint32_t differing[KERNEL_MOST_STEPS], from = 0;
    uint64_t least = num_spikes;
    kernels_get()->count_differing(bits->words + s * num_words(bits), bits->words, num_words(bits),
                                   s, differing);
    for (uint32_t earlier = 0; earlier < s; earlier++)
        if (differing[earlier] < least) {
            least = differing[earlier];
            from = earlier + 1;
        }
    return from;
}

/* row = the bits that are set in `these` and not in `those`. */
static void subtract(const uint64_t *these, const uint64_t *those, size_t words, uint64_t *row)
{
    for (size_t w = 0; w < words; w++)
        row[w] = these[w] & ~those[w];
}

uint32_t step_lists_changes(const struct step_bits *bits, uint64_t *row, uint32_t *units,
                            struct kernel_step *steps)
{
    size_t words = num_words(bits);
    uint32_t listed = 0;
    uint64_t found = 0;
    for (uint32_t s = 0; s < bits->num_steps; s++) {
        const uint64_t *spikes = bits->words + s * words;
        uint64_t num_spikes = kernels_get()->count_ones(spikes, words);
        struct kernel_step *step = &steps[s];
        step->from = most_alike(bits, s, num_spikes);
        if (step->from) {
            const uint64_t *earlier = bits->words + (step->from - 1) * words;
            subtract(spikes, earlier, words, row);
            step->more = list_row(row, bits->num_units, units, listed);
            subtract(earlier, spikes, words, row);
            step->less = list_row(row, bits->num_units, units, step->more.end);
        } else {
            step->more = list_row(spikes, bits->num_units, units, listed);
            step->less = (struct kernel_span){step->more.end, step->more.end};
        }
        listed = step->less.end;
        found += num_spikes;
    }
    return (uint32_t)found;
}

uint64_t step_lists_count(const struct kernel_step *steps, size_t num_steps)
{
    uint64_t counts[1 + KERNEL_MOST_STEPS] = {0}, all = 0; /* of none, and of each step */
    for (size_t s = 0; s < num_steps; s++) {
        counts[1 + s] = counts[steps[s].from] + (steps[s].more.end - steps[s].more.begin) -
                        (steps[s].less.end - steps[s].less.begin);
        all += counts[1 + s];
    }
    return all;
}
