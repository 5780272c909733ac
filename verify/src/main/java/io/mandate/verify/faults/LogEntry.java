package io.mandate.verify.faults;

/** One put as a watch of the whole store reported it: the key and what it holds since then. */
public record LogEntry(int key, KeyVersion state) {
    long revision() {
        return state.modRevision();
    }
}
