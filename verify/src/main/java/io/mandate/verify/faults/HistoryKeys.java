package io.mandate.verify.faults;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.KeyValue;
import java.util.Locale;

/** How the numbers of a history are written as keys and values of the store. */
final class HistoryKeys {
    static final ByteString PREFIX = ByteString.copyFromUtf8("history/");

    /** The prefix with its last byte incremented. */
    static final ByteString PREFIX_END = ByteString.copyFromUtf8("history0");

    private HistoryKeys() {}

    static ByteString key(int key) {
        return PREFIX.concat(ByteString.copyFromUtf8(String.format(Locale.ROOT, "%06d", key)));
    }

    static ByteString value(long value) {
        return ByteString.copyFromUtf8(Long.toString(value));
    }

    static int parseKey(ByteString key) {
        return Integer.parseInt(key.substring(PREFIX.size()).toStringUtf8());
    }

    static KeyVersion parse(KeyValue kv) {
        return new KeyVersion(
                Long.parseLong(kv.getValue().toStringUtf8()),
                kv.getModRevision(),
                kv.getCreateRevision(),
                kv.getVersion());
    }
}
