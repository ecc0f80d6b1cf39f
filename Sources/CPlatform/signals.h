// Signals without descriptors: a handler may do next to nothing, and a thread that waits does the rest.
#ifndef RIHLA_CLMDB_SIGNALS_H
#define RIHLA_CLMDB_SIGNALS_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct rihla_signals {
    pthread_t waiter;
    sigset_t awaited;
    void (*on_arrival)(int number);
};

// A function's own, since Swift does not see to variables of a header.
static inline struct rihla_signals *rihla_signals(void) {
    static struct rihla_signals state;
    return &state;
}

// The signal may come to any thread; it is handed to the one that waits for it.
static void rihla_forward_signal(int number) {
    int kept = errno;
    pthread_kill(rihla_signals()->waiter, number);
    errno = kept;
}

static void *rihla_wait_for_signals(void *unused) {
    for (;;) {
        int number = 0;
        if (sigwait(&rihla_signals()->awaited, &number) == 0) rihla_signals()->on_arrival(number);
    }
    return unused;
}

/// Calls a function on a thread of its own for each of these signals that arrives from here on. Those that are ignored when
/// this is called stay ignored. When no thread can be had, signals keep what they did: they end the process.
static inline void rihla_await_signals(const int *numbers, int count, void (*on_arrival)(int number)) {
    rihla_signals()->on_arrival = on_arrival;
    sigemptyset(&rihla_signals()->awaited);
    for (int index = 0; index < count; index++) {
        struct sigaction action;
        if (sigaction(numbers[index], NULL, &action) != 0 || action.sa_handler == SIG_IGN) continue;
        sigaddset(&rihla_signals()->awaited, numbers[index]);
    }
    sigset_t before;
    // Threads are born with the mask of the one that makes them: `sigwait` needs the signals blocked, and the others shall
    // have no call interrupted.
    pthread_sigmask(SIG_BLOCK, &rihla_signals()->awaited, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 262144);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failure = pthread_create(&rihla_signals()->waiter, &attributes, rihla_wait_for_signals, NULL);
    pthread_attr_destroy(&attributes);
    if (failure != 0) {
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = rihla_forward_signal;
    action.sa_flags = SA_RESTART;
    for (int index = 0; index < count; index++)
        if (sigismember(&rihla_signals()->awaited, numbers[index]) == 1) sigaction(numbers[index], &action, NULL);
}

#endif
