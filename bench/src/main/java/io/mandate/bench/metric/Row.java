package io.mandate.bench.metric;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What can be asked for by {@code --rows}, in the order of measuring: what leaves data behind or kills nodes comes
 * after what would notice.
 */
public enum Row {
    /** Three fresh nodes: from the first spawn to the first acknowledged put. */
    START,
    /** Compare-and-swap at 1, 64 and 256 outstanding. */
    CAS,
    /** Linearizable reads. */
    READS,
    /** Resident memory after the load of the rows before. */
    RSS,
    /** Delay of an event on the leader and on a follower. */
    WATCH,
    /** One key, many watchers. */
    FANOUT,
    /** Keep-alives at the leader and through followers. */
    RENEW,
    /** Processor time of nodes nobody talks to. */
    IDLE,
    /** Lease grants. */
    GRANT,
    /** A leader resigns: until the next one of many candidates leads. */
    HANDOVER,
    /** A leader is dead: until the next one leads, after the end of its lease. */
    TAKEOVER,
    /** A thousand elections of one process. */
    ELECTIONS,
    /** Two thousand partitions over ten processes, of which one is killed. */
    PARTITIONS,
    /** Memory of many leases. Runs on a cluster of its own. */
    LEASES,
    /** The leader killed: until a write succeeds. Runs on a cluster of its own. */
    FAILOVER,
    /** A Mandate with 1, 4, 16 and 64 groups. Each number runs on a cluster of its own. */
    GROUPS;

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The rows of a comma-separated list; all of them for {@code all}.
     *
     * @throws IllegalArgumentException naming the rows there are
     */
    public static Set<Row> parse(String list) {
        if (list.equals("all")) {
            return EnumSet.allOf(Row.class);
        }
        Set<Row> rows = EnumSet.noneOf(Row.class);
        for (String id : list.split(",", -1)) {
            rows.add(Arrays.stream(values())
                    .filter(row -> row.id().equals(id.strip()))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalArgumentException("no row '" + id.strip() + "'; there are " + ids())));
        }
        return rows;
    }

    private static List<String> ids() {
        return Arrays.stream(values()).map(Row::id).collect(Collectors.toList());
    }
}
