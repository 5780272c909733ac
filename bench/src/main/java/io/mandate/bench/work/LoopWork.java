package io.mandate.bench.work;

import io.grpc.Channel;
import io.mandate.bench.harness.ClosedLoop;
import io.mandate.bench.harness.Connections;
import io.mandate.bench.harness.Once;
import io.mandate.bench.harness.Slot;
import io.mandate.bench.harness.Target;
import io.mandate.bench.harness.Work;
import io.mandate.bench.metric.Metric;
import io.mandate.bench.metric.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.IntFunction;

/** Unary operations in a closed loop. */
public final class LoopWork implements Work {
    /** Keys of one loop must not exist before it, however often it runs on a cluster. */
    private static final AtomicLong KEY_PREFIXES = new AtomicLong();

    private final Metrics.Loop metrics;
    private final int outstanding;
    private final BiFunction<Connections, Integer, List<Slot>> slots;

    private LoopWork(Metrics.Loop metrics, int outstanding, BiFunction<Connections, Integer, List<Slot>> slots) {
        this.metrics = metrics;
        this.outstanding = outstanding;
        this.slots = slots;
    }

    public static Work compareAndSwap(Metrics.Loop metrics, int outstanding) {
        return new LoopWork(metrics, outstanding, LoopWork::casSlots);
    }

    public static Work reads(Metrics.Loop metrics, int outstanding) {
        return new LoopWork(metrics, outstanding, LoopWork::readSlots);
    }

    public static Work grants(Metrics.Loop metrics, int outstanding) {
        return new LoopWork(metrics, outstanding, LoopWork::grantSlots);
    }

    /** Each on its own new key. */
    public static List<Slot> casSlots(Connections connections, int count) {
        return casSlots(connections::of, count);
    }

    /** As above, each on the channel that is chosen for it. */
    public static List<Slot> casSlots(IntFunction<? extends Channel> channels, int count) {
        String prefix = "bench/" + KEY_PREFIXES.incrementAndGet() + "/";
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            slots.add(new CasSlot(channels.apply(i), prefix + i));
        }
        return slots;
    }

    @Override
    public List<Metric> metrics() {
        return metrics.all();
    }

    @Override
    public void measure(Target target) throws InterruptedException {
        try (Connections connections = target.connectLoops()) {
            List<Slot> all = slots.apply(connections, outstanding);
            ClosedLoop.run(all, target.settings(), target.cpu()).addTo(target.results(), target.product(), metrics);
        }
    }

    private static List<Slot> readSlots(Connections connections, int count) {
        String prefix = "bench/" + KEY_PREFIXES.incrementAndGet() + "/";
        List<Slot> writers = new ArrayList<>();
        List<Slot> readers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writers.add(new CasSlot(connections.of(i), prefix + i));
            readers.add(new ReadSlot(connections.of(i), prefix + i));
        }
        Once.each(writers);
        return readers;
    }

    private static List<Slot> grantSlots(Connections connections, int count) {
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            slots.add(new GrantSlot(connections.of(i), id -> {}));
        }
        return slots;
    }
}
