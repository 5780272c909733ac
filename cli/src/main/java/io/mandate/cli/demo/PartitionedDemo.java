package io.mandate.cli.demo;

import io.mandate.election.partition.MemberState;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.PartitionState;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.partition.WorkloadState;
import io.mandate.store.etcd.EtcdStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * {@code mandate demo --partitions}: members that share a workload join, die, sleep and drain, while each partition
 * counts in a guarded file.
 */
final class PartitionedDemo implements AutoCloseable {
    private static final String WORKLOAD = "orders";
    private static final int PARTITIONS = DemoMemberCommand.PARTITIONS;

    private final Timeline timeline;
    private final Waiting waiting;
    private final DemoNodes nodes;
    private final Attempt attempt;
    private final Path ledgers;
    private final EtcdStore store;
    private final PartitionAdmin control;
    private final Map<String, CandidateProcess> members = new LinkedHashMap<>();

    /**
     * Members that are to own their partitions until they are asked to hand them over, and how often they did not
     * before.
     */
    private final Map<String, Integer> steady = new HashMap<>();

    private PartitionedDemo(Timeline timeline, Waiting waiting, DemoNodes nodes, Attempt attempt)
            throws IOException, InterruptedException {
        this.timeline = timeline;
        this.waiting = waiting;
        this.nodes = nodes;
        this.attempt = attempt;
        this.ledgers = Files.createDirectory(nodes.workplace(attempt.named("ledgers")));
        this.store = nodes.connect();
        this.control = PartitionedWorkload.control(store, attempt.named(WORKLOAD));
    }

    static void play(Timeline timeline, Waiting waiting, DemoNodes nodes, Attempt attempt) throws Exception {
        try (PartitionedDemo demo = new PartitionedDemo(timeline, waiting, nodes, attempt)) {
            demo.run();
        }
    }

    private void run() throws Exception {
        timeline.note("starting five members that share %d partitions; each counts in a guarded file", PARTITIONS);
        join(List.of("ada", "bob", "cyd", "dan", "eve"));
        WorkloadState five = settled("five members share evenly", state -> evenly(state, 5));
        join(List.of("fay", "gus"));
        WorkloadState seven = settled("two more have their share", state -> evenly(state, 7));
        boolean onlyToThem = moved(five, seven).equals(ownedBy(seven, Set.of("fay", "gus")));
        if (!onlyToThem) {
            awaitNews(seven);
        }
        timeline.check(
                onlyToThem,
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
                    attempt.named(WORKLOAD),
                    "--ttl",
                    attempt.ttl().toMillis() + "ms",
                    "--member",
                    name,
                    "--ledgers",
                    ledgers.toString());
            members.put(name, nodes.startCandidate(name, arguments, attempt.named("member-" + name) + ".log"));
        }
        for (String name : names) {
            waiting.forValue(name + " to join", () -> member(name).find(0, line -> line.equals("joined")));
            steady.put(name, 0);
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
        steady.remove(name);
        waiting.release(member(name));
        member(name).close();
        timeline.note("kill -9 %s", name);
        settled("all it owned has other owners", state -> without(state, name));
    }

    /**
     * Stops a member that has read the file of each of its partitions and is about to write, and wakes it when others
     * have written.
     */
    private void stopAndWake(String name) throws Exception {
        CandidateProcess stopped = member(name);
        Set<Integer> held = ownedBy(state(), Set.of(name));
        int before = stopped.toldSoFar();
        stopped.order("hold");
        for (int partition : held) {
            await(
                    name + " to be about to write to partition " + partition,
                    () -> stopped.find(before, line -> line.equals("holds " + partition)));
        }
        steady.remove(name);
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
            String told = await(
                    name + " to write to partition " + partition,
                    () -> stopped.find(
                            asleep, line -> line.matches("(refused|wrote|missed|lost) " + partition + "( .*)?")));
            refused += told.startsWith("refused ") ? 1 : 0;
            await(
                    name + " to be done with partition " + partition,
                    () -> stopped.find(asleep, line -> line.startsWith("lost " + partition + " ")));
        }
        timeline.check(refused == held.size(), "%d of its %d late writes were refused", refused, held.size());
        settled("it takes part again", state -> evenly(state, 6));
        steady.put(name, member(name).told("lost").size());
    }

    /** From then on the files know the tokens of the new owners. */
    private void awaitWritesOfOthers(String name, Set<Integer> partitions) throws Exception {
        for (int partition : partitions) {
            await(
                    "partition " + partition + " to be written by its new owner",
                    () -> lastEntry(partition).filter(last -> !last.contains(" by " + name + " ")));
        }
    }

    private Optional<String> lastEntry(int partition) {
        return PartitionLedgers.at(ledgers, partition).read().text().lines().reduce((first, second) -> second);
    }

    private void drain(String name) throws Exception {
        waiting.answer(
                "the store to take the order to drain " + name,
                () -> control.drain(name).thenApply(done -> true));
        timeline.note("%s is to drain, as by: mandate drain %s --of %s", name, name, attempt.named(WORKLOAD));
        settled("it has handed over everything, and stays", state -> without(state, name) && present(state, name));
    }

    /** Waits, and begins again if a member loses what it is to keep. */
    private <T> T await(String what, Supplier<Optional<T>> look) throws InterruptedException {
        return waiting.forValue(what, () -> {
            Optional<T> found = look.get();
            steady.forEach((name, before) -> {
                List<String> lost = member(name).told("lost");
                if (lost.size() > before) {
                    throw new TermLostException(name + " lost partition " + lost.get(before));
                }
            });
            return found;
        });
    }

    /** Reads what was acknowledged first: whatever is acknowledged is in the files by then. */
    private void checkLedgers() throws Exception {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int written = partition;
            await("partition " + partition + " to be written", () -> lastEntry(written));
        }
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
                "%d of %d files are right: %d entries, all %d acknowledged ones among them, none by an owner of "
                        + "the past",
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

    private WorkloadState state() throws InterruptedException {
        return waiting.answer("the state of the workload", () -> control.state(false));
    }

    /**
     * Waits until every partition is where it should be and a condition holds; meanwhile a terminal shows who owns
     * what.
     */
    private WorkloadState settled(String what, Predicate<WorkloadState> wanted) throws Exception {
        long beganNanos = System.nanoTime();
        Supplier<Optional<WorkloadState>> states = Waiting.asking(() -> control.state(false));
        WorkloadState settled = await(what, () -> {
            Optional<WorkloadState> state = states.get();
            state.ifPresent(seen -> timeline.live(map(seen)));
            return state.filter(seen -> allOwned(seen) && wanted.test(seen));
        });
        timeline.check(true, "%s, %d ms later", what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos));
        timeline.note("  owners %s", map(settled));
        return settled;
    }

    /**
     * Waits until each member that owns something has written again: one that had lost its terms has told so by then.
     */
    private void awaitNews(WorkloadState state) throws InterruptedException {
        for (MemberState member : state.members()) {
            if (member.owned() > 0 && steady.containsKey(member.name())) {
                CandidateProcess process = member(member.name());
                int before = process.toldSoFar();
                await(member.name() + " to write again", () -> process.find(before, line -> line.startsWith("wrote ")));
            }
        }
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
        members.values().forEach(waiting::release);
        members.values().forEach(CandidateProcess::close);
        store.close();
    }
}
