package io.mandate.verify.differential;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares two running servers. <b>Deletes everything in both.</b> Exit code 0: no difference; 1: differences; 3: the
 * run is void.
 */
@Command(
        name = "differential",
        mixinStandardHelpOptions = true,
        description = "Plays the same requests to two servers and compares every answer. DELETES ALL DATA IN BOTH.")
public final class DifferentialMain implements Callable<Integer> {
    private static final int EXIT_DIFFERENT = 1;
    private static final int EXIT_VOID = 3;

    /** Answers to ranges and watches may be as large as the store. */
    private static final int INBOUND_BYTES_MAX = 256 << 20;

    @Option(names = "--left", required = true, description = "host:port of the server to be taken for right")
    private String left = "";

    @Option(names = "--right", required = true, description = "host:port of the server to be judged")
    private String right = "";

    @Option(names = "--seed", defaultValue = "1")
    private long seed;

    @Option(names = "--requests", defaultValue = "5000")
    private int requests;

    @Option(names = "--differences", description = "end after so many", defaultValue = "" + RunOptions.DIFFERENCES_MAX)
    private int differencesMax;

    @Option(names = "--statistics", description = "print requests by kind and answers by outcome")
    private boolean statistics;

    /** Picocli fills the fields. */
    DifferentialMain() {}

    public static void main(String[] arguments) {
        System.exit(
                new CommandLine(new DifferentialMain()).setExpandAtFiles(false).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        String replay = DifferentialMain.class.getName() + " --left " + left + " --right " + right + " --seed " + seed
                + " --requests " + requests;
        ManagedChannel leftChannel = channel(left);
        ManagedChannel rightChannel = channel(right);
        try {
            RunReport report = DifferentialRun.play(
                    leftChannel,
                    rightChannel,
                    new RunOptions(seed, requests, differencesMax, DeliberateDifference.ALL, replay));
            System.out.println(report);
            if (statistics) {
                System.out.println(report.statistics());
            }
            if (!report.differences().isEmpty()) {
                return EXIT_DIFFERENT;
            }
            return report.passed() ? CommandLine.ExitCode.OK : EXIT_VOID;
        } finally {
            leftChannel.shutdownNow();
            rightChannel.shutdownNow();
        }
    }

    private static ManagedChannel channel(String address) {
        return NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .maxInboundMessageSize(INBOUND_BYTES_MAX)
                .build();
    }
}
