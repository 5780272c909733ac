package io.mandate.election.internal.plan;

/**
 * How many partitions each taker has yet to get: what is due to it, and then one more if it may have one and any is
 * left. Confined to one thread.
 */
final class Capacity {
    private final int[] due;
    private final boolean[] mayHaveOneMore;
    private int spare;
    private int all;

    /**
     * The room of takers; the arrays are this one's from now on.
     *
     * @param mayHaveOneMore who may get one more than is due to it
     * @param spare how many of these get one
     */
    Capacity(int[] due, boolean[] mayHaveOneMore, int spare) {
        this.due = due;
        this.mayHaveOneMore = mayHaveOneMore;
        this.spare = spare;
        this.all = spare;
        for (int one : due) {
            all += one;
        }
    }

    /** For how many partitions there is room. */
    int all() {
        return all;
    }

    boolean isDueTo(int taker) {
        return due[taker] > 0;
    }

    boolean has(int taker) {
        return due[taker] > 0 || (spare > 0 && mayHaveOneMore[taker]);
    }

    void take(int taker) {
        if (due[taker] > 0) {
            due[taker]--;
        } else {
            mayHaveOneMore[taker] = false;
            spare--;
        }
        all--;
    }
}
