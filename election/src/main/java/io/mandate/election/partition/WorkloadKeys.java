package io.mandate.election.partition;

import io.mandate.election.internal.queue.CandidateKeys;
import io.mandate.election.internal.queue.Names;
import io.mandate.election.store.Entry;

/**
 * Where a partitioned workload is in the store.
 *
 * <pre>
 * orders/17/&lt;candidate&gt;              the election of partition 17, as all elections
 * orders/members/host-7/&lt;candidate&gt;  election of the name host-7: led by the member
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

    private static final String MEMBERS = "/members";

    WorkloadKeys {
        Names.requireKey("name of a workload", workload, WORKLOAD_BYTES_MAX);
        if (workload.endsWith(MEMBERS)) {
            throw new IllegalArgumentException("the name of a workload '" + workload + "' ends with '" + MEMBERS
                    + "', where the members of another one register: choose another last part");
        }
    }

    String election(int partition) {
        return workload + "/" + partition;
    }

    String members() {
        return workload + MEMBERS + "/";
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

    /** The name of the member that a candidate's entry belongs to; empty if it is none. */
    String memberOf(Entry entry) {
        String key = entry.key();
        int begin = members().length();
        int end = key.startsWith(members()) ? key.indexOf('/', begin) : -1;
        String name = end > begin ? key.substring(begin, end) : "";
        return CandidateKeys.isCandidate(memberElection(name), entry) ? name : "";
    }

    static void requireMember(String name) {
        Names.requireKey("name of a member", name, MEMBER_BYTES_MAX);
        if (name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "the name of a member '" + name + "' contains a slash, which parts keys: choose another one");
        }
    }
}
