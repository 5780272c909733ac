package io.mandate.verify.simulation;

import io.mandate.election.TermEnd;
import io.mandate.election.internal.plan.Plan;
import io.mandate.election.internal.plan.PlanMember;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.store.Entry;
import io.mandate.testkit.SimulatedStore;
import io.mandate.testkit.StoreFaults;
import io.mandate.testkit.time.VirtualScheduler;
import io.mandate.testkit.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A partitioned workload whose members come, go, die, stand still and are drained, and whose store and network fail:
 * for a while. Then all is healed, and within {@link #CONVERGENCE} everything must be where the plan has it. Some seeds
 * restart all members, one after another, before anything fails. At last all leave and nothing may be left.
 *
 * <p>What is promised is checked against the store's truth, and what guards promise against what the partitions'
 * resources hold:
 *
 * <ul>
 *   <li>E2: see {@link GuardedWrites}; the first partitions have a resource each.
 *   <li>P1: while an owner finds time left, its key is the first of the partition's; a term that begins with time left
 *       has a larger token than those before, and nobody else has time left.
 *   <li>P2: see {@link PlanWitness}, after each event.
 *   <li>P3: when a term begins, the work of the term before has returned, or that term was lost, or its drain was
 *       overdue.
 *   <li>P4: each registration is on a lease; when all is healed there is one lease for each member.
 *   <li>Convergence: the plan is the one for the members that live; each partition it gives away is owned, and worked
 *       for, by that member and nobody else; and then nothing moves any more.
 *   <li>Movement: a restart of all members, one after another, moves no partition more than twice, if they are alike
 *       and have not been through more than joining.
 * </ul>
 */
public final class PartitionSimulation {
    static final String WORKLOAD = "orders";
    static final String MEMBERS = WORKLOAD + "/members/";
    static final String PLAN = WORKLOAD + "/assignment/plan";
    static final String SETTINGS = WORKLOAD + "/assignment/settings";
    static final Duration TTL = Duration.ofSeconds(1);
    static final Duration SETTLE = Duration.ofMillis(200);
    static final Duration DRAIN = Duration.ofMillis(600);

    /** A poll of the members by whoever lost its watch and one of the queue, each 5 s; settling and draining. */
    static final Duration CONVERGENCE = Duration.ofSeconds(12);

    private static final long MILLI = ElectionSimulation.MILLI;
    /** Few resources, written often, are overtaken more than many that are written now and then. */
    private static final int RESOURCES = 2;

    private static final int LOOKS_PER_WRITE = 2;
    private static final Duration CHAOS = Duration.ofSeconds(8);
    /** The longest fault that may have begun just before. */
    private static final Duration HEALING = Duration.ofSeconds(4);

    private static final Duration JOINING = Duration.ofMillis(1_500);
    private static final Duration STEADY = Duration.ofSeconds(2);
    private static final Duration LEAVING = Duration.ofSeconds(20);
    private static final Duration STEP = Duration.ofMillis(50);
    private static final int PROCESSES_MAX = 20;

    private final SplittableRandom random;
    private final PlantedPartitionFault mistake;
    private final VirtualTime time = new VirtualTime();
    private final SimulatedStore store;
    private final int partitions;
    private final PlanWitness witness;
    private final PartitionAdmin operator;
    /** Members differ in nothing but their names, and nothing is pinned: for these the plan promises the most. */
    private final boolean alike;

    private final List<SimulatedMember> members = new ArrayList<>();
    private final Set<Long> tokens = new HashSet<>();
    private final long[] largestTokens;
    private final GuardedWrites writes;
    private final TreeMap<String, Long> fired = new TreeMap<>();
    private boolean calm = true;
    private int processes;
    private @Nullable String broken;
    private long acts;
    private long requests;
    private long convergedMillis;
    long worksThatFailed;

    /** @param seed the same one gives the same course of events */
    public PartitionSimulation(long seed, PlantedPartitionFault mistake) {
        this.random = new SplittableRandom(seed);
        this.mistake = mistake;
        this.store = new SimulatedStore(time, random.nextLong());
        this.partitions = random.nextInt(1, 41);
        this.largestTokens = new long[partitions];
        this.writes = new GuardedWrites(time, random.split(), LOOKS_PER_WRITE, mistake.guard(), this::violated);
        this.alike = random.nextInt(8) == 0;
        VirtualScheduler console = new VirtualScheduler(time, "operator");
        this.witness = new PlanWitness(store, store.client(console), partitions);
        this.operator = PartitionedWorkload.control(store.client(console), WORKLOAD);
    }

    /**
     * What became of it.
     *
     * @param broken which promise was broken, and when; null for none
     * @param terms terms that began
     * @param plans plans that were written
     * @param moves partitions that a plan took from an owner
     * @param acts looks at a term that had time left
     * @param writes what became of the writes that followed such a look
     * @param requests what members asked of the store
     * @param convergedMillis virtual time from the last change until everything was where it should be
     * @param fired how often each kind of fault or change happened
     */
    record Result(
            @Nullable String broken,
            int terms,
            int plans,
            int moves,
            long acts,
            GuardedWrites.Counts writes,
            long requests,
            long convergedMillis,
            TreeMap<String, Long> fired) {}

    /** Runs it to its end, or to the first promise that is broken. */
    Result run() {
        try (writes) {
            play();
        }
        fired.merge("work that failed", worksThatFailed, Long::sum);
        return new Result(
                broken,
                tokens.size(),
                witness.plans(),
                witness.moves(),
                acts,
                writes.counts(),
                requests,
                convergedMillis,
                fired);
    }

    private void play() {
        int count = random.nextInt(2, 9);
        for (int i = 0; i < count; i++) {
            SimulatedMember.Traits traits = someTraits(i);
            time.after(nanosUpTo(1_500), () -> join(traits));
        }
        if (alike) {
            pass(JOINING, () -> false);
            converge("all have joined");
            restartAll();
        }
        calm = false;
        store.faults(someFaults());
        time.after(1_000 * MILLI, this::mischief);
        pass(CHAOS, () -> false);
        heal();
        converge("all is healed");
        steady();
        end();
    }

    /** Lets time pass until something is so or a promise is broken, with a look at the truth after each event. */
    private boolean pass(Duration bound, BooleanSupplier until) {
        long endNanos = time.nanos() + bound.toNanos();
        while (broken == null && time.nanos() < endNanos) {
            time.runUntil(this::isBroken, STEP);
            if (until.getAsBoolean()) {
                return true;
            }
        }
        return false;
    }

    private boolean isBroken() {
        witness.look().ifPresent(this::violated);
        return broken != null;
    }

    private void heal() {
        calm = true;
        store.faults(StoreFaults.NONE);
        pass(HEALING, () -> false);
        operator.resume();
        if (living().isEmpty()) {
            join(someTraits(0));
        }
    }

    private void converge(String since) {
        long beginNanos = time.nanos();
        boolean converged = pass(CONVERGENCE, () -> misplaced().isEmpty());
        convergedMillis = Math.max(convergedMillis, (time.nanos() - beginNanos) / MILLI);
        if (!converged) {
            violated("Convergence: " + since + ", and after " + CONVERGENCE + " "
                    + misplaced().orElse("nothing is wrong any more"));
        }
    }

    private void steady() {
        long version = witness.planVersion();
        int terms = tokens.size();
        pass(STEADY, () -> false);
        if (broken == null && (version != witness.planVersion() || terms != tokens.size())) {
            violated("Convergence: all is where it should be, and yet another plan is made or another term begins");
        }
    }

    private void restartAll() {
        witness.takeChanges();
        for (SimulatedMember member : living()) {
            member.leave();
            if (!pass(LEAVING, member::hasLeft)) {
                violated(member + " was told to leave, and has not after " + LEAVING);
                return;
            }
            join(member.traits());
            converge(member + " is back");
        }
        int[] changes = witness.takeChanges();
        for (int partition = 0; partition < partitions; partition++) {
            if (changes[partition] > 2) {
                violated("Movement: all have been restarted, which moved partition " + partition + " "
                        + changes[partition] + " times");
            }
        }
        fired("restarts of all members");
    }

    private void end() {
        members.forEach(SimulatedMember::leave);
        boolean gone = pass(LEAVING, () -> members.stream().allMatch(SimulatedMember::hasLeft));
        pass(Duration.ofSeconds(2), () -> store.leases().isEmpty());
        List<Entry> left = store.entries(WORKLOAD + "/").stream()
                .filter(entry -> !entry.key().equals(PLAN) && !entry.key().equals(SETTINGS))
                .toList();
        if (!gone || !left.isEmpty() || !store.leases().isEmpty()) {
            violated("all were told to leave, and these are still there: " + left + ", leases " + store.leases());
        }
    }

    /** Whether something is not where it should be when nothing is wrong any more. */
    private Optional<String> misplaced() {
        List<SimulatedMember> living = living();
        PlanWitness.Seen seen = witness.now();
        Plan plan = witness.plan();
        List<String> names =
                seen.roster().members().stream().map(PlanMember::name).toList();
        if (!names.equals(living.stream().map(SimulatedMember::name).sorted().toList())) {
            return Optional.of("the members are " + names + " and those that live " + living);
        }
        if (seen.paused() || !plan.isFor(seen.roster())) {
            return Optional.of("the plan is not the one for the members");
        }
        for (int partition = 0; partition < partitions; partition++) {
            String planned = plan.owner(partition).orElse("");
            List<String> working = workers(partition);
            String owner = store.entries(candidates(partition)).stream()
                    .findFirst()
                    .map(Entry::value)
                    .orElse("");
            if (!owner.equals(planned) || !working.equals(planned.isEmpty() ? List.of() : List.of(planned))) {
                return Optional.of("partition " + partition + " of '" + planned + "' is owned by '" + owner
                        + "' and worked for by " + working);
            }
        }
        int leases = store.leases().size();
        return leases == living.size()
                ? Optional.empty()
                : Optional.of("P4: there are " + leases + " leases of " + living.size() + " members");
    }

    private List<SimulatedMember> living() {
        return members.stream()
                .filter(member -> !member.isDead() && !member.hasLeft())
                .toList();
    }

    /** Work that was asked to finish does not count: it is on its way elsewhere. */
    private List<String> workers(int partition) {
        return living().stream()
                .filter(member -> {
                    SimulatedMember.Work work = member.works.get(partition);
                    return work != null && !work.draining;
                })
                .map(SimulatedMember::name)
                .toList();
    }

    private SimulatedMember.Traits someTraits(int index) {
        int weight = alike || random.nextInt(3) > 0 ? 1 : random.nextInt(1, 6);
        int capacity = alike || random.nextInt(4) > 0 ? Integer.MAX_VALUE : random.nextInt(1, 20);
        String zone = alike || random.nextBoolean() ? "" : "zone-" + random.nextInt(3);
        return new SimulatedMember.Traits("host-" + index, weight, capacity, zone);
    }

    private void join(SimulatedMember.Traits traits) {
        double bound = ElectionSimulation.DRIFT_BOUND;
        // The sessions of members bound the drift by the library's default, of one in a hundred.
        double rate = random.nextDouble(1 - bound / 4, 1 + bound / 4);
        processes++;
        VirtualScheduler process = new VirtualScheduler(time, traits.name() + "#" + processes, rate);
        members.add(new SimulatedMember(this, traits, process, random.split()));
    }

    /** Each kind of fault is there or not, and as often as it likes: what a run lacks lets the others do more. */
    private StoreFaults someFaults() {
        StoreFaults faults = StoreFaults.NONE
                .withLatency(nanosUpTo(random.nextInt(3) == 0 ? 150 : 20))
                .withTimeout(nanosUpTo(1_500) + 200 * MILLI);
        faults = random.nextBoolean() ? faults.withSlow(random.nextDouble(0.1), nanosUpTo(1_000)) : faults;
        faults = random.nextBoolean() ? faults.withLost(random.nextDouble(0.06), random.nextDouble(0.06)) : faults;
        faults = random.nextBoolean()
                ? faults.withLate(random.nextDouble(0.03), random.nextDouble(), nanosUpTo(4_000))
                : faults;
        faults = random.nextBoolean() ? faults.withWatchCallsLost(random.nextDouble(0.5)) : faults;
        return random.nextBoolean() ? faults.withExpiryLate(nanosUpTo(500)) : faults;
    }

    private void mischief() {
        if (calm) {
            return;
        }
        time.after(nanosUpTo(900), this::mischief);
        if (members.isEmpty()) {
            return;
        }
        SimulatedMember member = members.get(random.nextInt(members.size()));
        switch (random.nextInt(14)) {
            case 0, 1 -> {
                fired("pauses");
                member.process().pause(nanosUpTo(3_000));
            }
            case 2 -> {
                fired("clocks set");
                member.process().setWallForward(nanosUpTo(1_500));
            }
            case 3, 4 -> {
                fired("network partitions");
                member.connection().partition(Duration.ofNanos(nanosUpTo(3_000)));
            }
            case 5 -> {
                fired("store away");
                store.goAway(Duration.ofNanos(nanosUpTo(2_000)));
            }
            case 6 -> {
                fired("watches stalled");
                store.stallWatches(Duration.ofNanos(nanosUpTo(3_000)));
            }
            case 7 -> {
                fired("watches lost");
                store.loseWatches();
            }
            case 8 -> kill(member);
            case 9 -> leave(member);
            case 10 -> comeOrReturn(member);
            case 11, 12 -> operate(member);
            default -> {
                // Peace.
            }
        }
    }

    private void kill(SimulatedMember member) {
        if (!member.isDead() && !member.hasLeft() && living().size() > 1) {
            fired("kills");
            member.kill();
        }
    }

    private void leave(SimulatedMember member) {
        if (!member.isDead() && !member.isLeaving() && living().size() > 1) {
            fired("leaves");
            member.leave();
        }
    }

    /** A member that is no more comes back under its name, or another one comes. */
    private void comeOrReturn(SimulatedMember member) {
        if (processes >= PROCESSES_MAX) {
            return;
        }
        boolean away = living().stream().noneMatch(living -> living.name().equals(member.name()));
        fired(away ? "returns" : "joins");
        join(away ? member.traits() : someTraits(100 + processes));
    }

    private void operate(SimulatedMember member) {
        if (witness.planVersion() == 0 || member.isDead() || member.isLeaving()) {
            return;
        }
        int what = random.nextInt(7);
        if (alike && what > 0) {
            return;
        }
        fired("operators");
        switch (what) {
            case 0 -> {
                member.share().drain();
                time.after(nanosUpTo(2_000), member.share()::resume);
            }
            case 1 -> operator.drain(member.name());
            case 2 -> operator.undrain(member.name());
            case 3 -> operator.pin(random.nextInt(partitions), member.name());
            case 4 -> operator.unpin(random.nextInt(partitions));
            case 5 -> operator.pause();
            default -> operator.resume();
        }
    }

    private void fired(String what) {
        fired.merge(what, 1L, Long::sum);
    }

    private long nanosUpTo(long millis) {
        return random.nextLong(millis * MILLI + 1);
    }

    static String candidates(int partition) {
        return WORKLOAD + "/" + partition + "/";
    }

    PlantedPartitionFault mistake() {
        return mistake;
    }

    VirtualTime time() {
        return time;
    }

    SimulatedStore store() {
        return store;
    }

    int partitions() {
        return partitions;
    }

    boolean isCalm() {
        return calm;
    }

    void asked() {
        requests++;
    }

    void unanswered() {
        fired("requests without an answer");
    }

    /** Work begins in a term. */
    void began(SimulatedMember.Work work) {
        long token = work.term.token();
        if (!tokens.add(token)) {
            violated("P1: a second term has the token of " + work);
        }
        if (work.term.remaining().isZero()) {
            return;
        }
        if (token < largestTokens[work.partition]) {
            violated("P1: " + work + " begins with time left after token " + largestTokens[work.partition]);
        }
        largestTokens[work.partition] = token;
        for (SimulatedMember member : members) {
            SimulatedMember.Work other = member.works.get(work.partition);
            if (other != null && !member.isDead()) {
                if (!other.term.remaining().isZero()) {
                    violated("P1: " + work + " begins while " + other + " has time left");
                }
                // Why a term is over is told a little after it is.
                time.after(100 * MILLI, () -> requireLost(work, other));
            }
        }
    }

    private void requireLost(SimulatedMember.Work work, SimulatedMember.Work other) {
        if (other.term.ended().getNow(TermEnd.SUPERSEDED) == TermEnd.RESIGNED) {
            violated("P3: " + work + " began before " + other + " had returned, which was neither lost nor overdue");
        }
    }

    /** Work has found time left in its term, and does something. */
    void acts(SimulatedMember.Work work) {
        acts++;
        long token = work.term.token();
        boolean first = store.entries(candidates(work.partition)).stream()
                .findFirst()
                .map(entry -> entry.creation() == token)
                .orElse(false);
        if (!first) {
            violated("P1: " + work + " acts with time left, and its key is not the first");
        }
        if (work.partition < RESOURCES) {
            writes.looked(work.member(), String.valueOf(work.partition), work.term);
        }
    }

    void violated(String what) {
        if (broken == null) {
            broken = "at " + time.nanos() / MILLI + " ms: " + what;
        }
    }
}
