package io.mandate.cli.election;

import io.mandate.cli.ExitCode;
import io.mandate.cli.SettingException;
import io.mandate.cli.Terminal;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.WorkloadState;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate partitions}. */
@Command(
        name = "partitions",
        description = {
            "Say who shares a workload that is split into partitions, and who owns how many; or change where they go.",
            "",
            "Members follow a change when they have seen it: the partitions that move are drained first."
        },
        footer = {
            "",
            "Exit codes: 0 done; 1 there is no such workload, partition or member; 2 wrong usage; 3 the store "
                    + "could not be reached.",
            "",
            "For instance:  mandate partitions orders --all",
            "               mandate partitions orders --pin 17=host-7"
        },
        mixinStandardHelpOptions = true)
public final class PartitionsCommand implements Callable<Integer> {
    private static final String CLEAR_SCREEN = "\u001b[H\u001b[2J";

    @Spec
    private CommandSpec spec;

    @Mixin
    private ElectionStoreOptions store;

    @Option(names = "--all", description = "Show each partition too: its owner, token, and since when.")
    private boolean all;

    @Option(names = "--watch", description = "Go on, and show it again whenever it changes.")
    private boolean watch;

    @Option(
            names = "--pin",
            paramLabel = "PARTITION=MEMBER",
            description = "Keep a partition at a member, whenever that is there. Can be repeated.")
    private Map<Integer, String> pins = new LinkedHashMap<>();

    @Option(names = "--unpin", paramLabel = "PARTITION", description = "Take --pin back. Can be repeated.")
    private List<Integer> unpins = List.of();

    @Option(
            names = "--pause",
            description = "Keep owned partitions where they are, whoever comes; what loses its owner gets another.")
    private boolean pause;

    @Option(names = "--resume", description = "Take --pause back.")
    private boolean resume;

    @Parameters(paramLabel = "NAME", description = "The workload's name.")
    private String name;

    private List<String> shown = List.of();

    @Override
    public Integer call() throws Exception {
        if (pause && resume) {
            throw new SettingException("--pause and --resume contradict each other: say one of them");
        }
        try (OpenStore open = store.open(name)) {
            Workload workload = new Workload(open, name);
            change(workload);
            if (watch) {
                workload.follow(() -> show(workload));
            }
            show(workload);
            return ExitCode.OK;
        } catch (Workload.UnknownException unknown) {
            spec.commandLine().getErr().println("mandate: " + unknown.getMessage());
            return ExitCode.NO;
        }
    }

    /** All is looked at before anything is changed. */
    private void change(Workload workload) throws Exception {
        PartitionAdmin control = workload.control();
        if (!pins.isEmpty() || !unpins.isEmpty()) {
            WorkloadState state = workload.state(false);
            for (Map.Entry<Integer, String> pin : pins.entrySet()) {
                requirePartition(state, pin.getKey());
                Workload.requireMember(state, pin.getValue());
            }
            for (int partition : unpins) {
                requirePartition(state, partition);
            }
        } else if (pause || resume) {
            workload.state(false);
        }
        for (Map.Entry<Integer, String> pin : pins.entrySet()) {
            Workload.done(control.pin(pin.getKey(), pin.getValue()));
        }
        for (int partition : unpins) {
            Workload.done(control.unpin(partition));
        }
        if (pause) {
            Workload.done(control.pause());
        } else if (resume) {
            Workload.done(control.resume());
        }
    }

    private static void requirePartition(WorkloadState state, int partition) throws Workload.UnknownException {
        if (partition < 0 || partition >= state.partitions().size()) {
            throw new Workload.UnknownException("workload " + state.workload() + " has no partition " + partition
                    + ": they are 0 to " + (state.partitions().size() - 1));
        }
    }

    /** Prints what has changed since it was printed last; a terminal shows only the newest. */
    private boolean show(Workload workload) throws Exception {
        List<String> lines = WorkloadTable.lines(workload.state(all), all);
        if (!lines.equals(shown)) {
            PrintWriter out = spec.commandLine().getOut();
            if (watch && Terminal.isOutput()) {
                out.print(CLEAR_SCREEN);
            }
            lines.forEach(out::println);
            out.flush();
            shown = lines;
        }
        return true;
    }
}
