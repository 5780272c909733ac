package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.WatchCreateRequest;
import java.nio.charset.StandardCharsets;

/** Short forms of the commonest requests. */
final class Requests {
    /** Written to mark the end of a stretch of steps; all random requests may read and delete it. */
    static final ByteString SENTINEL = bytes("\u0001sentinel");

    /** Watched only to make the server answer. */
    static final ByteString ROUND_TRIP = bytes("\u0001round trip");

    /** As a key: the first one. As a range end: no end. */
    static final ByteString ZERO = bytes("\0");

    private Requests() {}

    /** One byte per character, so that every byte can be written. */
    static ByteString bytes(String latin1) {
        return ByteString.copyFrom(latin1, StandardCharsets.ISO_8859_1);
    }

    /** The end of the range of all keys with this prefix. */
    static ByteString prefixEnd(ByteString prefix) {
        for (int i = prefix.size() - 1; i >= 0; i--) {
            if (prefix.byteAt(i) != (byte) 0xff) {
                byte[] end = prefix.substring(0, i + 1).toByteArray();
                end[i]++;
                return ByteString.copyFrom(end);
            }
        }
        return ZERO;
    }

    static PutRequest.Builder put(String key, String value) {
        return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value));
    }

    static RangeRequest.Builder get(String key) {
        return RangeRequest.newBuilder().setKey(bytes(key));
    }

    static RangeRequest.Builder range(String key, String rangeEnd) {
        return get(key).setRangeEnd(bytes(rangeEnd));
    }

    static RangeRequest.Builder prefix(String prefix) {
        return get(prefix).setRangeEnd(prefixEnd(bytes(prefix)));
    }

    static DeleteRangeRequest.Builder delete(String key) {
        return DeleteRangeRequest.newBuilder().setKey(bytes(key));
    }

    static DeleteRangeRequest.Builder deletePrefix(String prefix) {
        return delete(prefix).setRangeEnd(prefixEnd(bytes(prefix)));
    }

    static LeaseGrantRequest grant(long id, long ttlSeconds) {
        return LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds).build();
    }

    static WatchCreateRequest.Builder watch(String key) {
        return WatchCreateRequest.newBuilder().setKey(bytes(key));
    }

    static WatchCreateRequest.Builder watchPrefix(String prefix) {
        return watch(prefix).setRangeEnd(prefixEnd(bytes(prefix)));
    }
}
