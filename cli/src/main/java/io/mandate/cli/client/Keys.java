package io.mandate.cli.client;

import com.google.protobuf.ByteString;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The keys a command is about: one, or all with a prefix. */
final class Keys {
    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    String key;

    @Option(names = "--prefix", description = "All keys that start with KEY; every key if KEY is empty.")
    boolean prefix;

    /** First key and range end as the wire wants them. */
    record WireRange(ByteString key, ByteString rangeEnd) {}

    WireRange range() {
        KeyRange keys = prefix ? KeyRange.prefix(Bytes.utf8(key)) : KeyRange.single(Bytes.utf8(key));
        return new WireRange(
                ByteString.copyFrom(keys.key().sharedArray()),
                ByteString.copyFrom(keys.end().sharedArray()));
    }
}
