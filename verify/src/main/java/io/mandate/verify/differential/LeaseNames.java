package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Common names for the lease ids that a server chose: the n-th chosen id of either side has the same name, itself an id
 * that no server would choose. Also inside the keys of elections and locks, which end in the id in hexadecimal digits.
 * Thread-safe.
 */
final class LeaseNames {
    /** etcd's ids have a member id and a clock in them; a clash with this needs a clock in the year 2262. */
    private static final long FIRST_NAME = 0x7eed_0000_0000_0001L;

    private static final int HEXADECIMAL_DIGITS_MAX = 16;
    private static final Pattern LEASE_ID = Pattern.compile("[0-7]?[0-9a-f]{1,15}");

    private final Map<Long, Long> idByName = new ConcurrentHashMap<>();
    private final Map<Long, Long> nameById = new ConcurrentHashMap<>();
    private final MessageRewriter toServer = new MessageRewriter((field, value) -> translate(field, value, idByName));
    private final MessageRewriter toCommon = new MessageRewriter((field, value) -> translate(field, value, nameById));

    /** The name that the next chosen id will get. */
    static long name(int ordinal) {
        return FIRST_NAME + ordinal;
    }

    void learn(long serverId) {
        if (!nameById.containsKey(serverId)) {
            long name = name(nameById.size());
            nameById.put(serverId, name);
            idByName.put(name, serverId);
        }
    }

    /** Learns the id at the end of an election's or a lock's key. */
    void learnFromKey(ByteString key) {
        String text = key.toString(StandardCharsets.ISO_8859_1);
        learn(Long.parseLong(text.substring(text.lastIndexOf('/') + 1), 16));
    }

    Message toServer(Message request) {
        return idByName.isEmpty() ? request : toServer.rewrite(request);
    }

    Message toCommon(Message response) {
        return nameById.isEmpty() ? response : toCommon.rewrite(response);
    }

    long toServer(long name) {
        return idByName.getOrDefault(name, name);
    }

    private static Object translate(FieldDescriptor field, Object value, Map<Long, Long> dictionary) {
        if (field.getType() == FieldDescriptor.Type.INT64
                && (field.getName().equals("lease") || field.getName().equals("ID"))) {
            return dictionary.getOrDefault((Long) value, (Long) value);
        }
        return value instanceof ByteString bytes ? translateKey(bytes, dictionary) : value;
    }

    private static ByteString translateKey(ByteString key, Map<Long, Long> dictionary) {
        int slash = key.size() - 1;
        while (slash > key.size() - 2 - HEXADECIMAL_DIGITS_MAX && slash > 0 && key.byteAt(slash) != '/') {
            slash--;
        }
        if (slash <= 0 || key.byteAt(slash) != '/') {
            return key;
        }
        String tail = key.substring(slash + 1).toString(StandardCharsets.ISO_8859_1);
        if (!LEASE_ID.matcher(tail).matches()) {
            return key;
        }
        Long translated = dictionary.get(Long.parseLong(tail, 16));
        return translated == null
                ? key
                : key.substring(0, slash + 1).concat(ByteString.copyFromUtf8(Long.toHexString(translated)));
    }
}
