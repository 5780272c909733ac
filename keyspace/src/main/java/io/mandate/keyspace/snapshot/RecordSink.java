package io.mandate.keyspace.snapshot;

import io.mandate.keyspace.codec.Sink;

/** Takes the records that a keyspace consists of, one by one. The format is {@link SnapshotFormat}'s. */
interface RecordSink {
    /** Begins a record; its content is to be written to the sink returned. */
    Sink start(int type);

    /** Ends the record begun last. */
    void end();
}
