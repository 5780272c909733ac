package io.mandate.election.guard.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * The ids of the writes that made an object what it is, the latest first: kept in its metadata, so that a writer whose
 * answer was lost can tell whether its write took effect, also when others have written since. If its id is here, it
 * did. If the version it was conditional on is here and its own id is not, it did not and never will.
 *
 * @param ids 1 to {@value #LENGTH_MAX}
 */
record Lineage(List<String> ids) {
    /**
     * 32 ids of 16 characters leave most of the 2 KB that S3 allows for metadata, and are more writes than pass while
     * one answer is looked for.
     */
    static final int LENGTH_MAX = 32;

    static final Lineage ABSENT = new Lineage(List.of("absent"));

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{1,32}(\\.[A-Za-z0-9_-]{1,32}){0,31}");
    private static final int ID_BYTES = 12;

    Lineage {
        ids = List.copyOf(ids);
    }

    /** Of a version that no guard has written. */
    static Lineage foreign(String etag) {
        byte[] digest = digest("SHA-256", etag.getBytes(StandardCharsets.UTF_8));
        return new Lineage(List.of(id(Arrays.copyOf(digest, ID_BYTES))));
    }

    /** Empty if the text is none. */
    static Optional<Lineage> parse(String text) {
        return FORM.matcher(text).matches() ? Optional.of(new Lineage(List.of(text.split("\\.")))) : Optional.empty();
    }

    static String id(byte[] random) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    static byte[] randomBytes(RandomGenerator random) {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return bytes;
    }

    static byte[] digest(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException everyJvmHasIt) {
            throw new AssertionError(everyJvmHasIt);
        }
    }

    String latest() {
        return ids.get(0);
    }

    boolean contains(String id) {
        return ids.contains(id);
    }

    Lineage then(String id) {
        List<String> longer = new ArrayList<>(ids.size() + 1);
        longer.add(id);
        longer.addAll(ids);
        return new Lineage(longer.subList(0, Math.min(longer.size(), LENGTH_MAX)));
    }

    String text() {
        return String.join(".", ids);
    }
}
