package io.mandate.server.log;

/**
 * The files of a log are damaged beyond an unfinished last write, so that it is unknown which entries are lost. The
 * message names the place.
 */
public final class DamagedLogException extends RuntimeException {
    private static final String REMEDY =
            " This node may have lost entries that it acknowledged: move the data directory away and start the node"
                    + " with an empty one and --initial-cluster-state existing, so that the other members restore it";

    DamagedLogException(String problem) {
        super(problem + "." + REMEDY);
    }

    DamagedLogException(LogDisk disk, String file, long offset, String expected) {
        this("the log is damaged: " + disk + "/" + file + " at byte " + offset + ", expected " + expected);
    }
}
