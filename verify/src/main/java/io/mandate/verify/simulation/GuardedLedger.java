package io.mandate.verify.simulation;

import io.mandate.election.Term;
import java.util.List;

/**
 * What leaders append to, behind one of the library's guards, on a resource that is simulated or in memory. For one
 * thread.
 */
interface GuardedLedger extends AutoCloseable {
    /** What an operation has left: whose it was, by the token that the leader had, and which. */
    record Entry(long token, String operation) {}

    /** A process' own guard: two processes share nothing but the resource. */
    interface Writer {
        /**
         * Has an operation done once, which appends its entry.
         *
         * @param term as it is shown to the guard
         * @param entry with the leader's own token
         * @return how many entries there were before: the first time
         * @throws io.mandate.election.guard.StaleTokenException if the guard refuses
         * @throws BrokenOff if the process dies on the way
         */
        String append(Term term, Entry entry) throws Exception;
    }

    /** The process of a write has died in it: whether it took effect is not known. */
    final class BrokenOff extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BrokenOff() {
            super("the process is dead, as the simulation wants it", null, false, false);
        }
    }

    /** A guard of a process that has just begun. */
    Writer open();

    /** What the resource holds, in the order in which it came. */
    List<Entry> entries();

    @Override
    void close();
}
