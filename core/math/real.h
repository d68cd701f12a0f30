/*
 * The number type of the simulator and the trainer: float. The tests build the same sources once
 * more with double, to compare them with traces that were computed in double precision.
 */
#ifndef SPIKELOOM_CORE_MATH_REAL_H
#define SPIKELOOM_CORE_MATH_REAL_H

#ifdef SPIKELOOM_REAL_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif
