package io.mandate.bench.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Every line of the table with its goal, in the order of the table. */
public final class Metrics {
    private static final List<Metric> DECLARED = new ArrayList<>();

    public static final Loop CAS_1 =
            loop(Row.CAS, "CAS, 1 outstanding", Goal.NONE, Goal.ratioAtMost(0.8), Goal.NONE, Goal.NONE);
    public static final Loop CAS_64 = loop(
            Row.CAS,
            "CAS, 64 outstanding",
            Goal.ratioAtLeast(4),
            Goal.NONE,
            Goal.ratioAtMost(0.3),
            Goal.ratioAtMost(0.25));
    public static final Loop CAS_256 =
            loop(Row.CAS, "CAS, 256 outstanding", Goal.ratioAtLeast(4), Goal.NONE, Goal.NONE, Goal.NONE);
    public static final Loop READ_64 = loop(
            Row.READS, "linearizable reads, 64 outstanding", Goal.ratioAtLeast(2), Goal.NONE, Goal.NONE, Goal.NONE);
    public static final Loop GRANT_64 =
            loop(Row.GRANT, "lease grant, 64 outstanding", Goal.ratioAtLeast(5), Goal.NONE, Goal.NONE, Goal.NONE);
    public static final Loop RENEW_ONE_LEADER = loop(
            Row.RENEW, "renewals at the leader, one stream", Goal.ratioAtLeast(1), Goal.NONE, Goal.NONE, Goal.NONE);
    public static final Loop RENEW_MANY_LEADER = loop(
            Row.RENEW, "renewals at the leader, many streams", Goal.ratioAtLeast(1), Goal.NONE, Goal.NONE, Goal.NONE);
    public static final Loop RENEW_ONE_FOLLOWER = loop(
            Row.RENEW,
            "renewals through a follower, one stream",
            Goal.ratioAtLeast(4),
            Goal.NONE,
            Goal.NONE,
            Goal.NONE);
    public static final Loop RENEW_MANY_FOLLOWERS = loop(
            Row.RENEW,
            "renewals through followers, many streams",
            Goal.ratioAtLeast(4),
            Goal.NONE,
            Goal.NONE,
            Goal.NONE);

    public static final Delay DELAY_IDLE = delay("event delay, idle");
    public static final Delay DELAY_BUSY = delay("event delay, busy");

    public static final Metric FANOUT_LAST =
            metric(Row.FANOUT, "watch fan-out", "put sent to last told, p50", "ms", Goal.ratioAtMost(0.5));
    public static final Metric FANOUT_SPREAD =
            metric(Row.FANOUT, "watch fan-out", "first to last told, p50", "ms", Goal.NONE);

    public static final Metric START = metric(Row.START, "start", "spawn to first put", "s", Goal.medianAtMost(1.0));
    public static final Metric FAILOVER =
            metric(Row.FAILOVER, "leader killed", "until a write succeeds", "ms", Goal.medianAtMost(150));
    public static final Metric FAILOVER_WORST =
            metric(Row.FAILOVER, "leader killed", "worst of a round", "ms", Goal.worstAtMost(400));
    public static final Metric IDLE_CPU =
            metric(Row.IDLE, "idle", "CPU per node, of one core", "%", Goal.medianAtMost(1));
    public static final Metric RSS_LEADER = metric(Row.RSS, "after load", "resident, leader", "MB", Goal.NONE);
    public static final Metric RSS_FOLLOWER = metric(Row.RSS, "after load", "resident, mean follower", "MB", Goal.NONE);
    public static final Metric LEASE_HEAP =
            metric(Row.LEASES, "100,000 leases", "live heap, leader", "MB", Goal.medianAtMost(30));
    public static final Metric LEASE_RSS =
            metric(Row.LEASES, "100,000 leases", "resident growth, leader", "MB", Goal.NONE);

    private static final String HANDOVER = "hand-over, 128 candidates";
    public static final Metric HANDOVER_MEDIAN =
            metric(Row.HANDOVER, HANDOVER, "resigned to next leads, p50", "ms", Goal.ratioAtMost(0.5));
    public static final Metric HANDOVER_HIGH =
            metric(Row.HANDOVER, HANDOVER, "resigned to next leads, p99", "ms", Goal.ratioAtMost(0.5));
    public static final Metric TAKEOVER =
            metric(Row.TAKEOVER, "holder dead", "lease's end to next leads", "ms", Goal.medianAtMost(50));
    public static final Metric TAKEOVER_WORST =
            metric(Row.TAKEOVER, "holder dead", "worst of a round", "ms", Goal.worstAtMost(50));
    private static final String THOUSAND = "1,000 elections in one JVM";
    public static final Metric ELECTIONS_LED = metric(Row.ELECTIONS, THOUSAND, "until all are led", "s", Goal.NONE);
    public static final Metric ELECTIONS_LEASES = metric(Row.ELECTIONS, THOUSAND, "leases", "", Goal.worstAtMost(1));
    public static final Metric ELECTIONS_THREADS =
            metric(Row.ELECTIONS, THOUSAND, "threads more", "", Goal.worstAtMost(8));
    public static final Metric ELECTIONS_LEFT =
            metric(Row.ELECTIONS, THOUSAND, "until all are released", "s", Goal.NONE);
    private static final String PARTITIONED = "2,000 partitions, 10 processes";
    public static final Metric PARTITIONS_OWNED =
            metric(Row.PARTITIONS, PARTITIONED, "first spawn to all are owned", "s", Goal.NONE);
    public static final Metric PARTITIONS_OWNED_REQUESTS =
            metric(Row.PARTITIONS, PARTITIONED, "requests until all are owned", "", Goal.NONE);
    /** A time to live, and two seconds. */
    public static final Metric PARTITIONS_AGAIN =
            metric(Row.PARTITIONS, PARTITIONED, "one killed to all are owned again", "s", Goal.worstAtMost(4));

    public static final Metric PARTITIONS_AGAIN_REQUESTS =
            metric(Row.PARTITIONS, PARTITIONED, "requests until all are owned again", "", Goal.NONE);
    public static final Metric PARTITIONS_MOVED = metric(
            Row.PARTITIONS, PARTITIONED, "moved, as a part of what the dead one owned", "", Goal.worstAtMost(1.01));

    /** Groups that are measured. */
    public static final List<Integer> GROUP_COUNTS = List.of(1, 4, 16, 64);

    /** So many are compared with one. */
    public static final int COMPARED_GROUPS = 16;

    public static final Map<Integer, Groups> GROUPS = GROUP_COUNTS.stream()
            .collect(Collectors.toMap(count -> count, Metrics::groups, (one, other) -> one, TreeMap::new));
    private static final String COMPARED = COMPARED_GROUPS + " groups against 1";
    public static final Metric GROUPS_THROUGHPUT =
            metric(Row.GROUPS, COMPARED, "throughput of 1 over that of 16", "x", Goal.medianAtMost(1.25));
    public static final Metric GROUPS_RESIDENT = metric(Row.GROUPS, COMPARED, "resident", "x", Goal.medianAtMost(2));
    public static final Metric GROUPS_IDLE = metric(Row.GROUPS, COMPARED, "idle CPU", "x", Goal.medianAtMost(2));

    public static final List<Metric> ALL = List.copyOf(DECLARED);

    private Metrics() {}

    /** The lines of one closed loop. */
    public record Loop(Metric throughput, Metric p50, Metric p99, Metric serverCpu, Metric clientCpu) {
        public List<Metric> all() {
            return List.of(throughput, p50, p99, serverCpu, clientCpu);
        }
    }

    /** The lines of one measurement of event delays. */
    public record Delay(
            Metric leaderFromSent,
            Metric followerFromSent,
            Metric leaderFromAnswer,
            Metric followerFromAnswer,
            Metric lagMedian,
            Metric lagHigh) {
        public List<Metric> all() {
            return List.of(leaderFromSent, followerFromSent, leaderFromAnswer, followerFromAnswer, lagMedian, lagHigh);
        }
    }

    /** The lines of one number of groups. */
    public record Groups(
            Metric start,
            Metric throughput,
            Metric p99,
            Metric serverCpu,
            Metric idleCpu,
            Metric resident,
            Metric threads,
            Metric recovery) {
        public List<Metric> all() {
            return List.of(start, throughput, p99, serverCpu, idleCpu, resident, threads, recovery);
        }
    }

    private static Groups groups(int count) {
        String work = count == 1 ? "1 group" : count + " groups";
        return new Groups(
                metric(Row.GROUPS, work, "spawn to a put in every group", "s", Goal.NONE),
                metric(Row.GROUPS, work, "CAS, 256 outstanding in all, throughput", "/s", Goal.NONE),
                metric(Row.GROUPS, work, "CAS, 256 outstanding in all, p99", "ms", Goal.NONE),
                metric(Row.GROUPS, work, "CAS, 256 outstanding in all, servers' CPU per 1000", "s", Goal.NONE),
                metric(Row.GROUPS, work, "idle CPU per node, of one core", "%", Goal.NONE),
                metric(Row.GROUPS, work, "resident after load, mean node", "MB", Goal.NONE),
                metric(Row.GROUPS, work, "threads, mean node", "", Goal.NONE),
                metric(Row.GROUPS, work, "node killed to a put in every group", "ms", Goal.NONE));
    }

    private static Loop loop(Row row, String work, Goal throughput, Goal p50, Goal p99, Goal serverCpu) {
        return new Loop(
                metric(row, work, "throughput", "/s", throughput),
                metric(row, work, "p50", "ms", p50),
                metric(row, work, "p99", "ms", p99),
                metric(row, work, "servers' CPU per 1000", "s", serverCpu),
                metric(row, work, "client's CPU per 1000", "s", Goal.NONE));
    }

    private static Delay delay(String work) {
        return new Delay(
                metric(Row.WATCH, work, "put sent to leader's event, p50", "ms", Goal.NONE),
                metric(Row.WATCH, work, "put sent to follower's event, p50", "ms", Goal.NONE),
                metric(Row.WATCH, work, "put answered to leader's event, p50", "ms", Goal.NONE),
                metric(Row.WATCH, work, "put answered to follower's event, p50", "ms", Goal.NONE),
                metric(Row.WATCH, work, "follower after leader, p50", "ms", Goal.medianAtMost(2)),
                metric(Row.WATCH, work, "follower after leader, p99", "ms", Goal.medianAtMost(2)));
    }

    private static Metric metric(Row row, String work, String quantity, String unit, Goal goal) {
        Metric metric = new Metric(row, work, quantity, unit, goal);
        DECLARED.add(metric);
        return metric;
    }
}
