package io.mandate.election.internal.queue;

import io.mandate.election.store.Entry;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tells which keys are the candidates' of an election, of all the keys that begin with its name.
 *
 * <p>A candidate's key is {@code <election>/<lease in hexadecimal>}, as candidates of etcd's concurrency package make
 * it, or that followed by a hyphen and more, as this library makes it. It has no further slash and hangs on a lease. So
 * it is neither of an election whose name continues after a slash, nor a record that somebody else keeps below the
 * name: a key without a lease would lead for ever.
 */
public final class CandidateKeys {
    /** What follows the prefix. Go prints a negative lease with a sign. */
    private static final Pattern CANDIDATE = Pattern.compile("-?[0-9a-f]{1,16}(-[^/]*)?");

    private CandidateKeys() {}

    /** What the keys of all candidates of an election begin with, and keys of others too. */
    public static String prefix(String election) {
        return election + "/";
    }

    /** Whether a candidate of the election can have this key. */
    public static boolean canBeCandidate(String election, String key) {
        String prefix = prefix(election);
        return key.startsWith(prefix)
                && CANDIDATE.matcher(key).region(prefix.length(), key.length()).matches();
    }

    /** Whether this is the key of a candidate of the election. */
    public static boolean isCandidate(String election, Entry entry) {
        return entry.leaseId() != 0 && canBeCandidate(election, entry.key());
    }

    /** The candidates of the election among these entries, in their order. */
    public static List<Entry> among(String election, List<Entry> entries) {
        return entries.stream().filter(entry -> isCandidate(election, entry)).toList();
    }
}
