/*
 * The largest resident memory of this process since it was last forgotten, as Linux counts it.
 */
#ifndef SPIKELOOM_TRAIN_PEAK_MEMORY_H
#define SPIKELOOM_TRAIN_PEAK_MEMORY_H

/* Begins to count anew, from what is resident now. Without effect where the kernel forbids it. */
void peak_memory_forget(void);

/* In MiB; NAN where it is not known. */
double peak_memory_mib(void);

#endif
