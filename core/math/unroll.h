/*
 * UNROLL before a loop of a constant number of rounds, at most 8: so that arrays of vectors which
 * it goes through stay in registers. CASE in a switch over a number makes it such a constant.
 */
#ifndef SPIKELOOM_CORE_MATH_UNROLL_H
#define SPIKELOOM_CORE_MATH_UNROLL_H

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

#define CASE(n, body)                                                                              \
    case n:                                                                                        \
        body(n);                                                                                   \
        break;

#endif
