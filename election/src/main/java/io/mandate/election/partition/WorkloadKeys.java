package io.mandate.election.partition;

import java.nio.charset.StandardCharsets;

/**
 * Where a partitioned workload is in the store.
 *
 * <pre>
 * orders/17/&lt;candidate&gt;              the election of partition 17, as all elections
 * orders/members/host-7/&lt;candidate&gt;  the election of the name host-7: its leader is the member, the value says more of it
 * orders/assignment/plan             who should own what
 * orders/assignment/settings         what operators have said
 * </pre>
 *
 * @param workload its name
 */
record WorkloadKeys(String workload) {
    /** Leaves room for the rest within the name of an election. */
    static final int WORKLOAD_BYTES_MAX = 100;

    static final int MEMBER_BYTES_MAX = 100;

    WorkloadKeys {
        requireName("name of a workload", workload, WORKLOAD_BYTES_MAX);
        if (workload.startsWith("/") || workload.endsWith("/")) {
            throw new IllegalArgumentException("the name of a workload '" + workload
                    + "' begins or ends with a slash: leave it away, keys are made with one");
        }
    }

    String election(int partition) {
        return workload + "/" + partition;
    }

    String candidates(int partition) {
        return election(partition) + "/";
    }

    String members() {
        return workload + "/members/";
    }

    String memberElection(String member) {
        return members() + member;
    }

    /** What is watched for plans and settings. */
    String assignment() {
        return workload + "/assignment/";
    }

    String plan() {
        return assignment() + "plan";
    }

    String settings() {
        return assignment() + "settings";
    }

    /** The partition that a candidate's key belongs to; -1 if it is another key. */
    int partitionOf(String key) {
        int begin = workload.length() + 1;
        int end = key.indexOf('/', begin);
        String number = end < 0 ? "" : key.substring(begin, end);
        return number.matches("\\d{1,6}") ? Integer.parseInt(number) : -1;
    }

    /** The name of the member that a candidate's key belongs to; empty if it is none. */
    String memberOf(String key) {
        int end = key.lastIndexOf('/');
        int begin = members().length();
        return key.startsWith(members()) && end > begin ? key.substring(begin, end) : "";
    }

    static void requireMember(String name) {
        requireName("name of a member", name, MEMBER_BYTES_MAX);
        if (name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "the name of a member '" + name + "' contains a slash, which parts keys: choose another one");
        }
    }

    private static void requireName(String what, String name, int bytesMax) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > bytesMax) {
            throw new IllegalArgumentException("the " + what + " '" + name + "' has " + bytes
                    + " bytes of UTF-8, not between 1 and " + bytesMax + ": choose another one");
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the " + what
                    + " contains a control character: it appears in keys and log lines, choose printable text");
        }
    }
}
