package io.mandate.verify.clients;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes out of an answer what two clusters cannot have in common, and nothing else:
 *
 * <ul>
 *   <li>ids of cluster, members and leases, hexadecimal or decimal, and addresses: replaced by names that were told to
 *       this normaliser;
 *   <li>terms, raft indexes, sizes of the database, the server's version;
 *   <li>hashes: numbered in the order of their first appearance, so that equal ones stay equal;
 *   <li>durations, times of day, the seconds that remain of a lease, the place in the client's source that logs a
 *       warning;
 *   <li>the order of the members in a member list, which is that of their ids, of the answers to a health check of
 *       several, and of the keys of a lease, which etcd keeps in a Go map.
 * </ul>
 */
final class TranscriptNormalizer {
    private final Map<String, String> names = new LinkedHashMap<>();
    private final Map<String, String> hashes = new LinkedHashMap<>();

    /** Fields whose numbers differ, as JSON prints them and as {@code -w fields} does. */
    private static final Pattern NUMBER_FIELD =
            Pattern.compile("\"(raft_term|raftTerm|raftIndex|raftAppliedIndex|dbSize|dbSizeInUse"
                    + "|RaftTerm|RaftIndex|RaftAppliedIndex|DBSize|DBSizeInUse)\" ?: ?[0-9]+");

    private static final Pattern HASH_FIELD = Pattern.compile("(\"hash\":|\"Hash\" : )([0-9]+)");
    private static final Pattern VERSION_FIELD = Pattern.compile("\"(version|Version)\"( ?: ?)\"[0-9.]+\"");
    private static final Pattern LOG_FIELD = Pattern.compile("\"(ts|caller|target|took|size)\":(\"[^\"]*\"|[0-9.]+)");

    /** endpoint, id, version, size, leader, learner, term, index, applied index, errors */
    private static final Pattern STATUS_LINE = Pattern.compile(
            "(?m)^(<client-n\\d>, <member-n\\d>), [0-9.]+, [0-9.]+ [kM]?B, (true|false), (true|false), \\d+, "
                    + "\\d+, \\d+,");

    private static final Pattern HASH_LINE = Pattern.compile("(?m)^(<client-n\\d>, )([0-9]+)$");
    private static final Pattern DURATION = Pattern.compile("(took:? =? ?)[0-9.]+(ns|µs|ms|s)");
    private static final Pattern REMAINING = Pattern.compile("(remaining\\()[0-9]+s\\)");
    private static final Pattern REMAINING_FIELD = Pattern.compile("(\"ttl\":|\"TTL\" : )[0-9]+");
    private static final Pattern CLOCK_LINE =
            Pattern.compile("(?m)^[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)? ?");
    private static final Pattern LEASE_IN_KEY = Pattern.compile("(?<=(election|mutex)/)[0-9a-f]{6,16}");
    private static final Pattern LOCAL_ADDRESS = Pattern.compile("LocalAddr: '[^']*'");
    private static final Pattern LEASE_KEYS = Pattern.compile("(attached keys\\(\\[|\"keys\":\\[)([^\\]]*)\\]");
    private static final Pattern SORTED_OBJECT =
            Pattern.compile("\\{\"ID\":<member-[^{}]*\\}|\\{\"endpoint\":\"<client-n\\d>\",\"health\"[^{}]*\\}");
    private static final Pattern ENDPOINT_POINTER =
            Pattern.compile("endpoint://client-[0-9a-f-]+/|etcd-endpoints://0x[0-9a-f]+/");

    /** From now on this text is replaced by the name in angle brackets. */
    void name(String text, String name) {
        names.put(text, "<" + name + ">");
    }

    /**
     * As {@link #name}, for an id in decimal and in hexadecimal form; etcdctl pads leases with zeros, but not members.
     */
    void nameId(long id, String name) {
        name(Long.toUnsignedString(id), name);
        name(Long.toHexString(id), name);
        name(String.format(Locale.ROOT, "%016x", id), name);
    }

    String normalize(String text) {
        String result = text;
        for (Map.Entry<String, String> entry : names.entrySet()) {
            result = result.replaceAll(
                    "(?<![0-9a-zA-Z])" + Pattern.quote(entry.getKey()) + "(?![0-9a-zA-Z])",
                    Matcher.quoteReplacement(entry.getValue()));
        }
        result = NUMBER_FIELD.matcher(result).replaceAll("\"$1\":<number>");
        result = VERSION_FIELD.matcher(result).replaceAll("\"$1\"$2\"<version>\"");
        result = LOG_FIELD.matcher(result).replaceAll("\"$1\":<any>");
        result = STATUS_LINE.matcher(result).replaceAll("$1, <version>, <size>, $2, $3, <term>, <index>, <index>,");
        result = numberHashes(HASH_FIELD, numberHashes(HASH_LINE, result));
        result = DURATION.matcher(result).replaceAll("$1<time>");
        result = REMAINING.matcher(result).replaceAll("$1<time>)");
        result = CLOCK_LINE.matcher(result).replaceAll("<time> ");
        result = LEASE_IN_KEY.matcher(result).replaceAll("<lease>");
        result = ENDPOINT_POINTER.matcher(result).replaceAll("<resolver>/");
        result = LOCAL_ADDRESS.matcher(result).replaceAll("LocalAddr: '<any>'");
        result = LEASE_KEYS
                .matcher(result)
                .replaceAll(match -> Matcher.quoteReplacement(match.group(1) + sortWords(match.group(2)) + "]"));
        return sortAnswers(result);
    }

    /**
     * Also takes out the seconds that remain of a lease where they stand in a field; elsewhere such a field is the
     * granted time and must be equal.
     */
    String normalizeRemaining(String text) {
        return REMAINING_FIELD.matcher(text).replaceAll("$1<time>");
    }

    private String numberHashes(Pattern pattern, String text) {
        return pattern.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(match.group(1)
                        + hashes.computeIfAbsent(match.group(2), hash -> "<hash-" + (hashes.size() + 1) + ">")));
    }

    private static String sortWords(String words) {
        String separator = words.contains(",") ? "," : " ";
        return Stream.of(words.split(separator, -1)).sorted().collect(Collectors.joining(separator));
    }

    private static String sortAnswers(String text) {
        if (text.startsWith("<member-") || text.startsWith("<client-")) {
            return String.join("\n", text.lines().sorted().toList()) + "\n";
        }
        Matcher matcher = SORTED_OBJECT.matcher(text);
        List<String> objects = new ArrayList<>();
        while (matcher.find()) {
            objects.add(matcher.group());
        }
        objects.sort(String::compareTo);
        Iterator<String> next = objects.iterator();
        return SORTED_OBJECT.matcher(text).replaceAll(match -> Matcher.quoteReplacement(next.next()));
    }
}
