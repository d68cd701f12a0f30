/*
 * How threads share the processors. One that is woken usually takes a processor from one that
 * computes, at once. For the event loop's threads, which every reply wakes, that would be four
 * changes of threads a reply while all processors are busy. Patient ones (SCHED_BATCH of sched(7))
 * wait for their turn, a few milliseconds, and then see to all that has been finished since; where
 * a processor is free they run at once, and nobody's share of the processors changes.
 */
#ifndef SPIKELOOM_SERVER_THREAD_POLICY_H
#define SPIKELOOM_SERVER_THREAD_POLICY_H

/*
 * Makes the calling thread patient, and so those that it starts. Not one whose policy has been
 * chosen by who started the program, nor where the system forbids it. Returns the policy until now,
 * for thread_policy_restore.
 */
int thread_policy_be_patient(void);

/* Gives the calling thread back its policy; those that it has started keep theirs. */
void thread_policy_restore(int policy);

#endif
