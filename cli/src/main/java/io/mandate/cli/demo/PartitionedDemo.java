package io.mandate.cli.demo;

import io.mandate.election.partition.PartitionControl;
import io.mandate.election.partition.PartitionState;
import io.mandate.election.partition.Partitions;
import io.mandate.election.partition.WorkloadState;
import io.mandate.store.etcd.EtcdStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** {@code mandate demo --partitions}: members that share a workload join, die, sleep and drain, while each partition counts in a guarded file. */
final class PartitionedDemo implements AutoCloseable {
    private static final String WORKLOAD = "orders";
    private static final int PARTITIONS = DemoMemberCommand.PARTITIONS;
    private static final long SETTLED_SECONDS_MAX = 20;
    private static final long LOOK_MILLIS = 50;

    private final Timeline timeline;
    private final DemoNodes nodes;
    private final Path ledgers;
    private final EtcdStore store;
    private final PartitionControl control;
    private final Map<String, CandidateProcess> members = new LinkedHashMap<>();

    PartitionedDemo(Timeline timeline, DemoNodes nodes) throws Exception {
        this.timeline = timeline;
        this.nodes = nodes;
        this.ledgers = Files.createDirectory(nodes.workplace("ledgers"));
        this.store = EtcdStore.connect(String.join(",", nodes.endpoints()));
        this.control = Partitions.control(store, WORKLOAD);
    }

    void run() throws Exception {
        timeline.note("starting five members that share %d partitions; each counts in a guarded file", PARTITIONS);
        join(List.of("ada", "bob", "cyd", "dan", "eve"));
        WorkloadState five = settled("five members share evenly", state -> evenly(state, 5));
        join(List.of("fay", "gus"));
        WorkloadState seven = settled("two more have their share", state -> evenly(state, 7));
        timeline.check(
                moved(five, seven).equals(ownedBy(seven, Set.of("fay", "gus"))),
                "%d partitions moved, and only to those who came",
                moved(five, seven).size());
        kill("bob");
        stopAndWake("eve");
        drain("cyd");
        checkLedgers();
    }

    private void join(List<String> names) throws Exception {
        for (String name : names) {
            List<String> arguments = List.of(
                    "demo-member",
                    "--store",
                    String.join(",", nodes.endpoints()),
                    "--workload",
                    WORKLOAD,
                    "--member",
                    name,
                    "--ledgers",
                    ledgers.toString());
            members.put(name, CandidateProcess.start(name, OwnJvm.command(arguments)));
        }
        for (String name : names) {
            member(name).await(0, line -> line.equals("joined"));
        }
        timeline.note("%s joined", String.join(", ", names));
    }

    private CandidateProcess member(String name) {
        CandidateProcess process = members.get(name);
        if (process == null) {
            throw new AssertionError("no member " + name);
        }
        return process;
    }

    private void kill(String name) throws Exception {
        member(name).close();
        timeline.note("kill -9 %s", name);
        settled("all it owned has other owners", state -> without(state, name));
    }

    /** Stops a member that has read the file of each of its partitions and is about to write, and wakes it when others have written. */
    private void stopAndWake(String name) throws Exception {
        CandidateProcess stopped = member(name);
        Set<Integer> held = ownedBy(state(), Set.of(name));
        int before = stopped.toldSoFar();
        stopped.order("hold");
        for (int partition : held) {
            stopped.await(before, line -> line.equals("holds " + partition));
        }
        stopped.signal("STOP");
        timeline.note("kill -STOP %s, which is about to write to %d partitions", name, held.size());
        settled("all it owned has other owners", state -> without(state, name));
        awaitWritesOfOthers(name, held);
        int asleep = stopped.toldSoFar();
        stopped.order("go on");
        stopped.signal("CONT");
        timeline.note("kill -CONT %s: it goes on where it was, and writes", name);
        int refused = 0;
        for (int partition : held) {
            String told = stopped.await(asleep, line -> line.matches("(refused|wrote|missed) " + partition + " .*"));
            refused += told.startsWith("refused ") ? 1 : 0;
        }
        timeline.check(refused == held.size(), "%d of its %d late writes were refused", refused, held.size());
        settled("it takes part again", state -> evenly(state, 6));
    }

    /** From then on the files know the tokens of the new owners. */
    private void awaitWritesOfOthers(String name, Set<Integer> partitions) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLED_SECONDS_MAX);
        for (int partition : partitions) {
            while (PartitionLedgers.at(ledgers, partition).lines().stream()
                    .reduce((first, second) -> second)
                    .filter(last -> !last.contains(" by " + name + " "))
                    .isEmpty()) {
                if (System.nanoTime() > endNanos) {
                    throw new IllegalStateException("partition " + partition + " is not written by its new owner");
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        }
    }

    private void drain(String name) throws Exception {
        control.drain(name).get(SETTLED_SECONDS_MAX, TimeUnit.SECONDS);
        timeline.note("%s is to drain, as by: mandate drain %s --of %s", name, name, WORKLOAD);
        settled("it has handed over everything, and stays", state -> without(state, name) && present(state, name));
    }

    /** Reads what was acknowledged first: whatever is acknowledged is in the files by then. */
    private void checkLedgers() throws Exception {
        int entries = 0;
        int right = 0;
        int acknowledged = 0;
        Map<Integer, Set<String>> told = acknowledged();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            List<String> lines = PartitionLedgers.at(ledgers, partition).lines();
            Set<String> promised = told.getOrDefault(partition, Set.of());
            entries += lines.size();
            acknowledged += promised.size();
            right += isRight(lines) && new HashSet<>(lines).containsAll(promised) ? 1 : 0;
        }
        timeline.check(
                right == PARTITIONS && acknowledged > 0,
                "%d of %d files are right: %d entries, all %d acknowledged ones among them, none by an owner of the past",
                right,
                PARTITIONS,
                entries,
                acknowledged);
    }

    /** Numbered without a gap, their tokens never smaller than one before. */
    static boolean isRight(List<String> lines) {
        long largest = 0;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            long token = Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
            if (!line.startsWith((i + 1) + " ") || token < largest) {
                return false;
            }
            largest = token;
        }
        return !lines.isEmpty();
    }

    private Map<Integer, Set<String>> acknowledged() {
        return members.values().stream()
                .flatMap(member -> member.told("wrote").stream())
                .map(told -> told.split(" ", 2))
                .collect(Collectors.groupingBy(
                        words -> Integer.parseInt(words[0]),
                        Collectors.mapping(words -> words[1], Collectors.toSet())));
    }

    private WorkloadState state() throws Exception {
        return control.state(false).get(SETTLED_SECONDS_MAX, TimeUnit.SECONDS);
    }

    /** Waits until every partition is where it should be and a condition holds; meanwhile a terminal shows who owns what. */
    private WorkloadState settled(String what, Predicate<WorkloadState> wanted) throws Exception {
        long beganNanos = System.nanoTime();
        WorkloadState state = state();
        while (!(allOwned(state) && wanted.test(state))) {
            timeline.live(map(state));
            if (System.nanoTime() - beganNanos > TimeUnit.SECONDS.toNanos(SETTLED_SECONDS_MAX)) {
                timeline.check(false, "%s: not within %d s: %s", what, SETTLED_SECONDS_MAX, map(state));
                return state;
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            state = state();
        }
        timeline.check(true, "%s, %d ms later", what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos));
        timeline.note("  owners %s", map(state));
        return state;
    }

    private static boolean allOwned(WorkloadState state) {
        return state.partitions().size() == PARTITIONS
                && state.partitions().stream().noneMatch(PartitionState::isMoving);
    }

    private static boolean evenly(WorkloadState state, int members) {
        return state.members().size() == members
                && state.members().stream()
                        .allMatch(member ->
                                member.owned() >= PARTITIONS / members && member.owned() <= PARTITIONS / members + 1);
    }

    private static boolean without(WorkloadState state, String name) {
        return ownedBy(state, Set.of(name)).isEmpty();
    }

    private static boolean present(WorkloadState state, String name) {
        return state.members().stream().anyMatch(member -> member.name().equals(name));
    }

    private static Set<Integer> ownedBy(WorkloadState state, Set<String> names) {
        return state.partitions().stream()
                .filter(partition -> partition.owner().filter(names::contains).isPresent())
                .map(PartitionState::partition)
                .collect(Collectors.toSet());
    }

    private static Set<Integer> moved(WorkloadState before, WorkloadState after) {
        int partitions = Math.min(before.partitions().size(), after.partitions().size());
        return IntStream.range(0, partitions)
                .filter(partition -> !before.partitions()
                        .get(partition)
                        .owner()
                        .equals(after.partitions().get(partition).owner()))
                .boxed()
                .collect(Collectors.toSet());
    }

    /** A letter for each partition, the first of its owner's name; then how many each member owns. */
    private static String map(WorkloadState state) {
        String owners = state.partitions().stream()
                .map(partition -> partition.owner().map(name -> name.substring(0, 1)))
                .map((Optional<String> letter) -> letter.orElse("."))
                .collect(Collectors.joining());
        return owners
                + state.members().stream()
                        .map(member -> "  " + member.name() + " " + member.owned())
                        .collect(Collectors.joining());
    }

    @Override
    public void close() {
        members.values().forEach(CandidateProcess::close);
        store.close();
    }
}
