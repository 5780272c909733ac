package io.mandate.election.store;

/** Something that is being watched. */
public interface Watch extends AutoCloseable {
    /** Of a store that cannot watch. */
    Watch NONE = () -> {};

    /** No call begins after this has returned, except one that was under way. */
    @Override
    void close();
}
