/* Mutations that libFuzzer makes, three of four with their check sums and lengths made right. */
#include "tests/fuzz/fuzz.h"

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed)
{
    size = LLVMFuzzerMutate(bytes, size, max_size);
    return seed % 4 ? fuzz_repair(bytes, size, max_size) : size;
}
