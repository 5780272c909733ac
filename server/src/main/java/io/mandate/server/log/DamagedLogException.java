package io.mandate.server.log;

/**
 * The files of a log are not as it left them, and more than an unfinished last write is wrong: nobody can say what is
 * missing. The message says where.
 */
public final class DamagedLogException extends RuntimeException {
    private static final String REMEDY =
            " This node cannot know what it had acknowledged: set the data directory aside and start the node on an"
                    + " empty one with --initial-cluster-state existing, so that it gets everything from the others";

    DamagedLogException(String what) {
        super(what + "." + REMEDY);
    }

    DamagedLogException(LogDisk disk, String file, long offset, String expected) {
        this("the log is damaged: " + disk + "/" + file + " at byte " + offset + ", expected " + expected);
    }
}
