package io.mandate.cli.demo;

import io.mandate.cli.ExitCode;
import io.mandate.cli.Logging;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mandate demo}: a leader that is stopped in the middle of a write, with and without a guard. */
@Command(
        name = "demo",
        description = {
            "Start three nodes and three candidates on this machine. Kill the store's leader; stop the leading "
                    + "candidate in the middle of a",
            "write, let another take over, wake the first one and see its write refused. Then the same without "
                    + "a guard, to see what it",
            "prevents. Takes less than a minute, ends by itself, and its exit code is 0 only if every step held.",
            "",
            "With --partitions: five members share 60 partitions of a workload; two join, one is killed, one is "
                    + "stopped and woken, one",
            "drains. Each partition counts in a guarded file, which shows what was lost or written by an owner "
                    + "of the past: nothing.",
            "",
            "On a busy machine it takes longer, and says what it is waiting for; a scene in which a leader "
                    + "could not renew its term in",
            "time begins again with a longer time to live. It gives up after ten minutes."
        },
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final int NODES = 3;

    @Spec
    private CommandSpec spec;

    @Option(names = "--partitions", description = "Show a workload that is split into partitions instead.")
    private boolean partitions;

    @Override
    public Integer call() throws Exception {
        Logging.silence();
        Timeline timeline = new Timeline(spec.commandLine().getOut());
        Waiting waiting = new Waiting(timeline);
        Runtime.getRuntime().addShutdownHook(new Thread(waiting::stop, "demo-stop"));
        timeline.note("starting three nodes: a replicated store");
        try (DemoNodes nodes = DemoNodes.start(NODES, waiting)) {
            timeline.note("they serve on %s", String.join(", ", nodes.endpoints()));
            Attempt.Again again = (lost, next) -> {
                waiting.requireTime("a term that lasts");
                timeline.note(
                        "%s: this machine is busy. Once more, with a time to live of %d ms",
                        String.valueOf(lost.getMessage()), next.ttl().toMillis());
                nodes.startKilled();
            };
            if (partitions) {
                Attempt.until(attempt -> PartitionedDemo.play(timeline, waiting, nodes, attempt), again);
            } else {
                LedgerDemo demo = new LedgerDemo(timeline, waiting, nodes);
                Attempt.until(demo::guarded, again);
                Attempt.until(demo::unguarded, again);
            }
        } catch (DemoException failed) {
            timeline.check(false, "%s", String.valueOf(failed.getMessage()));
        } catch (InterruptedException asked) {
            // By a signal, which decides the exit code.
            return ExitCode.FAILED;
        }
        timeline.note("%s", timeline.allHeld() ? "every step held" : "a step did not hold");
        return timeline.allHeld() ? ExitCode.OK : ExitCode.NO;
    }
}
