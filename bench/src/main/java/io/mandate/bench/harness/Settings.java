package io.mandate.bench.harness;

import io.mandate.bench.metric.Metrics;
import io.mandate.bench.metric.Row;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How long and how often to measure. The same for both sides of a run.
 *
 * @param rows what to measure
 * @param rounds how often each side takes its turn; medians want three at least
 * @param heatMillis of writes on a fresh cluster, before the first row but after the start's: a JVM compiles while it
 *     serves. May be 0
 * @param warmupMillis of every loop, before its window
 * @param windowMillis measured, of every loop
 * @param idleMillis measured without any load
 * @param fanoutWatchers watchers of one key
 * @param kills of the leader per round
 * @param leases whose memory is measured; the result is scaled to 100,000
 * @param leaderOnly whether all connections of the loops lead to the leader rather than one to each node
 * @param clientThreads event loops of the client; more than one costs servers on a small machine more than it gives
 * @param groupCounts numbers of groups that are measured, of {@link Metrics#GROUP_COUNTS}
 * @param profile whether Mandate's JVMs are recorded
 */
public record Settings(
        Set<Row> rows,
        int rounds,
        long heatMillis,
        long warmupMillis,
        long windowMillis,
        long idleMillis,
        int fanoutWatchers,
        int kills,
        int leases,
        boolean leaderOnly,
        int clientThreads,
        List<Integer> groupCounts,
        boolean profile) {

    public Settings {
        rows = Set.copyOf(rows);
        groupCounts = List.copyOf(groupCounts);
        if (!Metrics.GROUP_COUNTS.containsAll(groupCounts)) {
            throw new IllegalArgumentException("groupCounts: " + groupCounts + ", of " + Metrics.GROUP_COUNTS);
        }
        requirePositive("rounds", rounds);
        if (heatMillis < 0) {
            throw new IllegalArgumentException("heatMillis: " + heatMillis);
        }
        requirePositive("warmupMillis", warmupMillis);
        requirePositive("windowMillis", windowMillis);
        requirePositive("idleMillis", idleMillis);
        requirePositive("fanoutWatchers", fanoutWatchers);
        requirePositive("kills", kills);
        requirePositive("leases", leases);
        requirePositive("clientThreads", clientThreads);
    }

    /** Only as much of the same as warms the load generator up. */
    public Settings warming() {
        return new Settings(
                Set.of(Row.START, Row.CAS),
                1,
                0,
                warmupMillis,
                windowMillis,
                idleMillis,
                fanoutWatchers,
                kills,
                leases,
                leaderOnly,
                clientThreads,
                groupCounts,
                false);
    }

    /** One loop as long as the heating. */
    public Settings heating() {
        return new Settings(
                rows,
                rounds,
                heatMillis,
                warmupMillis,
                Math.max(1, heatMillis),
                idleMillis,
                fanoutWatchers,
                kills,
                leases,
                leaderOnly,
                clientThreads,
                groupCounts,
                profile);
    }

    public boolean wants(Row row) {
        return rows.contains(row);
    }

    /** For the report. */
    public Map<String, String> asFacts() {
        Map<String, String> facts = new TreeMap<>();
        facts.put("rounds", Integer.toString(rounds));
        facts.put("heatMillis", Long.toString(heatMillis));
        facts.put("warmupMillis", Long.toString(warmupMillis));
        facts.put("windowMillis", Long.toString(windowMillis));
        facts.put("idleMillis", Long.toString(idleMillis));
        facts.put("fanoutWatchers", Integer.toString(fanoutWatchers));
        facts.put("killsPerRound", Integer.toString(kills));
        facts.put("leases", Integer.toString(leases));
        facts.put("connections", leaderOnly ? "3 to the leader" : "1 to each node");
        facts.put("clientThreads", Integer.toString(clientThreads));
        facts.put("groupCounts", groupCounts.toString());
        facts.put("profile", Boolean.toString(profile));
        return facts;
    }

    private static void requirePositive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + ": " + value);
        }
    }
}
