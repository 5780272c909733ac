package io.mandate.election.guard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.guard.jdbc.SqlText.Effect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SqlTextTest {
    private static void have(Effect effect, String... texts) {
        for (String text : texts) {
            assertThat(SqlText.of(text).effect()).as(text).isEqualTo(effect);
        }
    }

    @Test
    void theFirstWordsTellWhatEndsTheTransaction() {
        have(
                Effect.ENDS_TRANSACTION,
                "COMMIT",
                "commit and chain",
                "ROLLBACK",
                "rollback transaction",
                "ROLLBACK;",
                "ABORT",
                "end",
                "BEGIN",
                "begin;",
                "BEGIN ISOLATION LEVEL SERIALIZABLE",
                "START TRANSACTION",
                "PREPARE TRANSACTION 'a'",
                "PREPARE COMMIT a",
                "set autocommit = 1",
                " \n/* a; */ ;-- b\n--c\n COMMIT");
    }

    @Test
    void whatCannotEndTheTransactionIsToldFromWhatMay() {
        have(
                Effect.NONE,
                "SELECT 1",
                "select 'COMMIT'",
                "(SELECT 1) UNION (SELECT 2);",
                "WITH a AS (SELECT 1) SELECT * FROM a",
                "INSERT INTO t VALUES (1)",
                "SAVEPOINT a",
                "RELEASE SAVEPOINT a",
                "ROLLBACK TO a",
                "ROLLBACK WORK TO SAVEPOINT a");
        have(Effect.DEFINES, "CREATE TABLE t (id INT)", "drop table t", "TRUNCATE t");
        have(
                Effect.UNKNOWN,
                "",
                "/* COMMIT",
                "{call p()}",
                "CALL p()",
                "DO $$ BEGIN COMMIT; END $$",
                "BEGIN p(); END;",
                "SELECT 1; COMMIT",
                "ROLLBACK TO a; COMMIT",
                "CREATE TEMPORARY TABLE t (id INT)",
                "SET search_path = a",
                "/*!40000 COMMIT */");
    }

    @Test
    @Timeout(30)
    void aLongTextIsReadOnce() {
        have(Effect.UNKNOWN, " ;(-".repeat(100_000), "/*".repeat(200_000));
        have(
                Effect.NONE,
                " ".repeat(1_000_000) + "SELECT 1",
                "/**/ ".repeat(200_000) + "SELECT 1",
                "-- a\n".repeat(200_000) + "SELECT 1");
    }
}
