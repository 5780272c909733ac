package io.mandate.verify.clients;

import io.mandate.etcdapi.ClusterGrpc;
import io.mandate.etcdapi.MaintenanceGrpc;
import io.mandate.etcdapi.Member;
import io.mandate.etcdapi.MemberListRequest;
import io.mandate.etcdapi.MemberListResponse;
import io.mandate.etcdapi.MoveLeaderRequest;
import io.mandate.verify.process.ClusterNode;
import io.mandate.verify.process.ProcessCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The commands of the transcript, typed at a fresh cluster of three whose first node leads. */
final class EtcdctlScript {
    private static final Pattern GRANTED = Pattern.compile("lease ([0-9a-f]+) granted");
    private static final String NO_STDIN = "";
    private static final long UNKNOWN_LEASE = 0x1234567890abcdefL;

    private final ProcessCluster cluster;
    private final Etcdctl etcdctl;
    private final TranscriptNormalizer normalizer = new TranscriptNormalizer();
    private final Map<String, Long> memberIds = new HashMap<>();
    private final List<Transcript.Step> steps = new ArrayList<>();

    private EtcdctlScript(Path program, ProcessCluster cluster) {
        this.cluster = cluster;
        this.etcdctl = new Etcdctl(program, cluster);
    }

    static Transcript play(Path program, ProcessCluster cluster) {
        EtcdctlScript script = new EtcdctlScript(program, cluster);
        script.makeFirstNodeLead();
        script.nameIds();
        script.at(0).cluster();
        script.at(1).keys();
        script.at(2).transactions();
        script.at(0).watches();
        script.at(1).leases();
        script.at(2).elections();
        script.at(0).locks();
        script.at(1).maintenance();
        script.at(2).compaction();
        script.at(0).mistakes();
        return new Transcript(script.steps);
    }

    /**
     * All that follows is typed at this node, so that followers and the leader have their turn, and each part sees what
     * it wrote.
     */
    private EtcdctlScript at(int node) {
        etcdctl.useEndpoint(cluster.endpoints().get(node));
        return this;
    }

    private void makeFirstNodeLead() {
        int leader = cluster.awaitLeader();
        if (leader != 0) {
            MaintenanceGrpc.newBlockingStub(cluster.node(leader).channel())
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .moveLeader(MoveLeaderRequest.newBuilder()
                            .setTargetID(cluster.status(0).getHeader().getMemberId())
                            .build());
            if (cluster.awaitLeader() != 0) {
                throw new IllegalStateException("leadership did not move to the first node");
            }
        }
    }

    private void nameIds() {
        MemberListResponse list = ClusterGrpc.newBlockingStub(cluster.node(0).channel())
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .memberList(MemberListRequest.getDefaultInstance());
        normalizer.nameId(list.getHeader().getClusterId(), "cluster");
        for (Member member : list.getMembersList()) {
            memberIds.put(member.getName(), member.getID());
            normalizer.nameId(member.getID(), "member-" + member.getName());
        }
        for (ClusterNode node : cluster.nodes()) {
            normalizer.name(node.clientUrl(), "client-" + node.name());
            normalizer.name(node.endpoint(), "client-" + node.name());
            normalizer.name(node.peerUrl(), "peer-" + node.name());
        }
        normalizer.name(cluster.directory().toString(), "directory");
    }

    private void cluster() {
        run("member", "list");
        run("member", "list", "-w", "json");
        runAtAll("endpoint", "status");
        runAtAll("endpoint", "status", "-w", "json");
        runAtAll("endpoint", "health");
        runAtAll("endpoint", "health", "-w", "json");
        run("alarm", "list");
        run("alarm", "disarm");
        run("get", "", "--from-key");
    }

    private void keys() {
        run("put", "a", "1");
        run("put", "a", "2", "--prev-kv");
        run("put", "b/1", "x");
        run("put", "b/2", "y");
        run("put", "b/3", "z", "-w", "json");
        run("put", "b/3", "zz", "-w", "fields");
        run("put", "c", "with blank and \"quotes\"");
        runWithStdin("from stdin", "put", "d");
        run("put", "a", "--ignore-value");
        run("put", "e", "", "-w", "json");
        run("get", "a");
        run("get", "a", "-w", "json");
        run("get", "a", "-w", "fields");
        run("get", "none");
        run("get", "none", "-w", "json");
        run("get", "b/", "--prefix");
        run("get", "b/", "--prefix", "-w", "json");
        run("get", "b/1", "b/3");
        run("get", "b/3", "b/1");
        run("get", "b/2", "--from-key");
        run("get", "", "--prefix", "--keys-only");
        run("get", "a", "--rev", "2");
        run("get", "a", "--rev", "3", "-w", "json");
        run("get", "b/", "--prefix", "--rev", "5", "-w", "fields");
        run("get", "b/", "--prefix", "--limit", "2");
        run("get", "b/", "--prefix", "--limit", "2", "-w", "json");
        run("get", "b/", "--prefix", "--count-only", "-w", "fields");
        run("get", "b/", "--prefix", "--count-only", "-w", "json");
        run("get", "b/", "--prefix", "--print-value-only");
        run("get", "b/", "--prefix", "--order", "DESCEND");
        for (String target : List.of("CREATE", "KEY", "MODIFY", "VALUE", "VERSION")) {
            run("get", "", "--prefix", "--sort-by", target, "--order", "ASCEND");
            run("get", "", "--prefix", "--sort-by", target, "--order", "DESCEND", "--limit", "2", "--keys-only");
        }
        run("get", "a", "--consistency", "s");
        run("get", "a", "--hex");
        run("del", "b/1");
        run("del", "b/1");
        run("del", "c", "d", "-w", "json");
        run("del", "b/", "--prefix", "--prev-kv");
        run("del", "e", "--prev-kv", "-w", "fields");
        run("del", "d", "--from-key");
        run("get", "", "--prefix", "-w", "json");
    }

    private void transactions() {
        runWithStdin("mod(\"a\") > \"0\"\n\nput t 1\nget a\n\nput t 2\n\n", "txn");
        runWithStdin("mod(\"a\") > \"0\"\n\nput t 1\nget a\n\nput t 2\n\n", "txn", "-i");
        runWithStdin("value(\"t\") = \"other\"\n\nput t 1\n\nget t\nget none\n\n", "txn");
        runWithStdin("create(\"new\") = \"0\"\n\nput new 1\n\n\n", "txn", "-w", "json");
        runWithStdin("create(\"new\") = \"0\"\n\nput new 2\n\nget new\n\n", "txn", "-w", "fields");
        runWithStdin(
                "version(\"t\") = \"2\"\nversion(\"new\") < \"2\"\n\ndel t\ndel new\nput u 1\nget u\n\n\n",
                "txn",
                "-w",
                "json");
        runWithStdin("\nput v 1\n\n\n", "txn");
        runWithStdin("\nput v 1\nput v 2\n\n\n", "txn");
        runWithStdin("\nput v 1\ndel v\n\n\n", "txn");
        runWithStdin("nonsense\n", "txn");
    }

    private void watches() {
        run("put", "w/1", "one");
        run("put", "w/1", "two");
        run("put", "w/2", "three");
        run("del", "w/1");
        run("put", "w/end", "END");
        watchUntil("END", "watch", "w/", "--prefix", "--rev", "2");
        watchUntil("END", "watch", "w/", "--prefix", "--rev", "2", "--prev-kv");
        watchUntil("RU5E", "watch", "w/", "--prefix", "--rev", "2", "--prev-kv", "-w", "json");
        watchUntil("END", "watch", "w/", "--prefix", "--rev", "2", "-w", "fields");
        watchUntil("END", "watch", "w/", "w0", "--rev", "2");
        watchUntil("DELETE\nw/1", "watch", "w/1", "--rev", "2");
        watchUntil("\"PUT\"", "watch", "w/end", "--rev", "2", "--", "sh", "-c", "echo $ETCD_WATCH_EVENT_TYPE");
        run("del", "w/", "--prefix");
    }

    private void leases() {
        String lease = grant("lease", "grant", "600");
        run("lease", "list");
        run("lease", "timetolive", lease);
        run("put", "l/1", "v", "--lease", lease);
        run("put", "l/2", "v", "--lease", lease);
        run("get", "l/1", "-w", "json");
        run("put", "l/1", "v2", "--ignore-lease");
        run("get", "l/1", "-w", "fields");
        run("lease", "timetolive", lease, "--keys");
        runRemaining("lease", "timetolive", lease, "--keys", "-w", "json");
        run("lease", "keep-alive", "--once", lease);
        run("lease", "keep-alive", "--once", lease, "-w", "json");
        run("lease", "revoke", lease);
        run("get", "l/", "--prefix");
        run("lease", "timetolive", lease);
        run("lease", "keep-alive", "--once", lease);
        run("lease", "revoke", lease);
        run("lease", "list");
        run("lease", "timetolive", Long.toHexString(UNKNOWN_LEASE));
        run("lease", "revoke", Long.toHexString(UNKNOWN_LEASE));
        run("put", "l/3", "v", "--lease", Long.toHexString(UNKNOWN_LEASE));
        run("lease", "grant", "9000000001");
        run("lease", "grant", "none");
    }

    private void elections() {
        Etcdctl.Running campaign = etcdctl.start(NO_STDIN, List.of("elect", "election", "candidate-1"));
        campaign.awaitPrinted("candidate-1");
        watchUntil("candidate-1", "elect", "--listen", "election");
        record("elect election candidate-1", NO_STDIN, campaign.endAfter("candidate-1"));
        run("get", "election", "--prefix");
        run("elect", "election");
    }

    private void locks() {
        run("lock", "mutex", "echo", "held");
        run("lock", "mutex", "--ttl", "20", "--", "sh", "-c", "echo $ETCD_LOCK_KEY");
        run("lock", "mutex", "--", "sh", "-c", "exit 7");
        Etcdctl.Running holder = etcdctl.start(NO_STDIN, List.of("lock", "mutex"));
        holder.awaitPrinted("mutex/");
        record("lock mutex", NO_STDIN, holder.endAfter("mutex/"));
        run("get", "mutex", "--prefix");
    }

    private void maintenance() {
        runAtAll("endpoint", "hashkv");
        runAtAll("endpoint", "hashkv", "-w", "json");
        run(
                "snapshot",
                "save",
                cluster.directory().resolve("saved.db").toString(),
                "--endpoints",
                cluster.endpoints().get(0));
        run(
                "move-leader",
                Long.toHexString(id("n2")),
                "--endpoints",
                cluster.endpoints().get(1));
        runAtAll("move-leader", Long.toHexString(id("n2")));
        cluster.awaitLeader();
        runAtAll("endpoint", "status");
        runAtAll("move-leader", "abcdef");
        runAtAll("defrag");
    }

    private void compaction() {
        run("compaction", "10");
        run("compaction", "10");
        run("compaction", "1000000");
        run("get", "a", "--rev", "9");
        run("get", "a", "--rev", "10");
        run("get", "a", "--rev", "1000000");
        run("watch", "a", "--rev", "5");
        run("compaction", "15", "--physical");
        run("get", "a", "--rev", "10");
        run("get", "", "--prefix", "-w", "json");
    }

    private void mistakes() {
        run("get");
        run("put", "a");
        run("put", "absent", "--ignore-value");
        run("put", "a", "v", "--ignore-value");
        run("put", "", "v");
        run("get", "a", "--order", "SIDEWAYS");
        run("get", "a", "b", "c");
    }

    private long id(String node) {
        Long id = memberIds.get(node);
        if (id == null) {
            throw new IllegalStateException("the member list does not name " + node);
        }
        return id;
    }

    private String grant(String... arguments) {
        Etcdctl.Output output = etcdctl.run(NO_STDIN, List.of(arguments));
        Matcher matcher = GRANTED.matcher(output.stdout());
        if (!matcher.find()) {
            throw new AssertionError("no lease granted: " + output);
        }
        normalizer.nameId(Long.parseUnsignedLong(matcher.group(1), 16), "lease");
        record(typed(List.of(arguments)), NO_STDIN, output);
        return matcher.group(1);
    }

    private void run(String... arguments) {
        runWithStdin(NO_STDIN, arguments);
    }

    private void runAtAll(String... arguments) {
        List<String> command = new ArrayList<>(List.of(arguments));
        command.addAll(List.of("--endpoints", String.join(",", cluster.endpoints())));
        record(typed(command), NO_STDIN, etcdctl.run(NO_STDIN, command));
    }

    private void runWithStdin(String stdin, String... arguments) {
        record(typed(List.of(arguments)), stdin, etcdctl.run(stdin, List.of(arguments)));
    }

    private void runRemaining(String... arguments) {
        Etcdctl.Output output = etcdctl.run(NO_STDIN, List.of(arguments));
        record(
                typed(List.of(arguments)),
                NO_STDIN,
                new Etcdctl.Output(normalizer.normalizeRemaining(output.stdout()), output.stderr(), output.exitCode()));
    }

    /** For a command that goes on forever: the script sees to it that this text is the last thing it has to print. */
    private void watchUntil(String text, String... arguments) {
        record(
                typed(List.of(arguments)),
                NO_STDIN,
                etcdctl.start(NO_STDIN, List.of(arguments)).endAfter(text));
    }

    /** As a shell would have it typed, so that an empty argument can be seen. */
    private static String typed(List<String> arguments) {
        return arguments.stream()
                .map(argument -> argument.isEmpty() || argument.contains(" ") ? "'" + argument + "'" : argument)
                .collect(Collectors.joining(" "));
    }

    private void record(String command, String stdin, Etcdctl.Output output) {
        steps.add(new Transcript.Step(
                normalizer.normalize(command),
                stdin,
                normalizer.normalize(output.stdout()),
                normalizer.normalize(output.stderr()),
                output.exitCode() < 0 ? "ended by the script" : Integer.toString(output.exitCode())));
    }
}
