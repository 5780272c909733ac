package io.mandate.cli.election;

import io.mandate.cli.ExitCode;
import io.mandate.cli.SettingException;
import io.mandate.election.partition.PartitionState;
import io.mandate.election.partition.WorkloadState;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate drain}. */
@Command(
        name = "drain",
        description = {
            "Have a member of a workload hand over all its partitions and take none, also after it has come "
                    + "again, until --undo.",
        },
        footer = {
            "",
            "Exit codes: 0 done; 1 there is no such workload or member; 2 wrong usage; 3 the store could not be "
                    + "reached.",
            "",
            "For instance:  mandate drain host-7 --of orders --wait"
        },
        mixinStandardHelpOptions = true)
public final class DrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ElectionStoreOptions store;

    @Option(names = "--of", paramLabel = "NAME", required = true, description = "The workload's name.")
    private String name;

    @Option(names = "--undo", description = "Let it take partitions again.")
    private boolean undo;

    @Option(names = "--wait", description = "Return when it owns nothing.")
    private boolean wait;

    @Parameters(paramLabel = "MEMBER", description = "The member's name.")
    private String member;

    private long owned = -1;

    @Override
    public Integer call() throws Exception {
        if (undo && wait) {
            throw new SettingException("--wait waits until a member owns nothing, which --undo does not lead to");
        }
        try (OpenStore open = store.open(name)) {
            Workload workload = new Workload(open, name);
            WorkloadState state = workload.state(false);
            if (undo) {
                // It may be gone, and is to be welcome when it comes again.
                Workload.done(workload.control().undrain(member));
            } else {
                Workload.requireMember(state, member);
                Workload.done(workload.control().drain(member));
            }
            if (wait) {
                workload.follow(() -> goOnWaiting(workload.state(false)));
            }
            return ExitCode.OK;
        } catch (Workload.UnknownException unknown) {
            spec.commandLine().getErr().println("mandate: " + unknown.getMessage());
            return ExitCode.NO;
        }
    }

    private boolean goOnWaiting(WorkloadState state) {
        long now = state.partitions().stream()
                .map(PartitionState::owner)
                .filter(owner -> owner.equals(Optional.of(member)))
                .count();
        if (now != owned) {
            PrintWriter out = spec.commandLine().getOut();
            out.printf("%s owns %d partitions of %s%n", member, now, name);
            out.flush();
            owned = now;
        }
        return now > 0;
    }
}
