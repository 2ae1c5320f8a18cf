import java.math.BigDecimal;
import java.sql.*;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.UUID;

/**
 * What a program over JDBC does with a database, said line by line: the caller compares the lines of two servers.
 *
 * Usage: java -cp postgresql.jar:. JdbcClient URL USER PASSWORD COLUMNS. A line is "topic|…".
 */
public final class JdbcClient {
    private static Connection connection;

    private interface Step { void run() throws Exception; }

    private static void say(String topic, Object... parts) {
        List<String> texts = new ArrayList<>();
        for (Object part : parts) texts.add(String.valueOf(part));
        System.out.println(topic + "|" + String.join("|", texts));
    }

    private static void rows(String topic, ResultSet rows, String... columns) throws SQLException {
        while (rows.next()) {
            List<Object> cells = new ArrayList<>();
            for (String column : columns) cells.add(rows.getString(column));
            say(topic, cells.toArray());
        }
        rows.close();
    }

    private static void fails(String topic, Step step) throws Exception {
        try {
            step.run();
            say(topic, "no error");
        } catch (BatchUpdateException fault) {
            say(topic, fault.getSQLState(), "batch", fault.getUpdateCounts().length);
        } catch (SQLException fault) {
            say(topic, fault.getSQLState());
        }
    }

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", arguments[1]);
        properties.setProperty("password", arguments[2]);
        connection = DriverManager.getConnection(arguments[0], properties);
        metadata(connection.getMetaData());
        answers(arguments[3]);
        prepared();
        paging();
        faults();
        connection.close();
    }

    private static void metadata(DatabaseMetaData about) throws SQLException {
        say("product", about.getDatabaseProductName(), about.getDatabaseMajorVersion(), about.getDatabaseMinorVersion() >= 0, about.isReadOnly());
        rows("schemas", about.getSchemas(), "TABLE_SCHEM");
        rows("catalogs", about.getCatalogs(), "TABLE_CAT");
        rows("table-types", about.getTableTypes(), "TABLE_TYPE");
        rows("tables", about.getTables(null, "public", "receipts", null), "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS");
        rows("kinds", about.getTables(null, null, "pg_class", new String[] {"SYSTEM TABLE", "TABLE"}), "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE");
        rows("columns", about.getColumns(null, "public", "receipts", null), "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "NULLABLE",
            "COLUMN_DEF", "ORDINAL_POSITION", "IS_NULLABLE", "IS_AUTOINCREMENT", "IS_GENERATEDCOLUMN");
        rows("system-columns", about.getColumns(null, "pg_catalog", "pg_type", null), "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME");
        rows("keys", about.getPrimaryKeys(null, "public", "receipts"), "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ", "PK_NAME");
        rows("index", about.getIndexInfo(null, "public", "receipts", false, false), "TABLE_NAME", "NON_UNIQUE", "INDEX_NAME", "TYPE", "ORDINAL_POSITION", "COLUMN_NAME", "ASC_OR_DESC",
            "FILTER_CONDITION");
        rows("best-row", about.getBestRowIdentifier(null, "public", "receipts", DatabaseMetaData.bestRowSession, true), "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME");
        rows("imported", about.getImportedKeys(null, "public", "receipts"), "PKTABLE_NAME");
        rows("exported", about.getExportedKeys(null, "public", "receipts"), "PKTABLE_NAME");
        rows("cross", about.getCrossReference(null, "public", "receipts", null, "public", "receipts"), "PKTABLE_NAME");
        rows("version-columns", about.getVersionColumns(null, "public", "receipts"), "COLUMN_NAME", "TYPE_NAME");
        rows("types", about.getTypeInfo(), "TYPE_NAME", "DATA_TYPE", "PRECISION", "NULLABLE", "CASE_SENSITIVE", "SEARCHABLE", "UNSIGNED_ATTRIBUTE", "AUTO_INCREMENT", "NUM_PREC_RADIX");
        rows("functions", about.getFunctions(null, "public", null), "FUNCTION_NAME");
        rows("function-columns", about.getFunctionColumns(null, "public", null, null), "FUNCTION_NAME");
        rows("procedures", about.getProcedures(null, "public", null), "PROCEDURE_NAME");
        rows("user-types", about.getUDTs(null, "public", null, null), "TYPE_NAME");
        rows("table-rights", about.getTablePrivileges(null, "public", "receipts"), "TABLE_NAME", "PRIVILEGE");
        rows("column-rights", about.getColumnPrivileges(null, "public", "receipts", "total"), "COLUMN_NAME", "PRIVILEGE");
        rows("client-info", about.getClientInfoProperties(), "NAME");
        say("limits", about.getMaxColumnNameLength(), about.getMaxColumnsInIndex(), about.getDefaultTransactionIsolation(), about.supportsBatchUpdates());
    }

    private static void answers(String columns) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SELECT " + columns + " FROM receipts ORDER BY receipt_id")) {
            ResultSetMetaData about = rows.getMetaData();
            for (int column = 1; column <= about.getColumnCount(); column++) {
                say("answer", about.getColumnName(column), about.getTableName(column).length() >= 0, about.getColumnType(column), about.getColumnTypeName(column), about.getColumnClassName(column),
                    about.getPrecision(column), about.getScale(column), about.getColumnDisplaySize(column), about.isSigned(column), about.isCaseSensitive(column));
            }
            while (rows.next()) {
                List<Object> cells = new ArrayList<>();
                for (int column = 1; column <= about.getColumnCount(); column++) {
                    Object cell = rows.getObject(column);
                    cells.add(cell == null ? null : cell.getClass().getSimpleName() + ":" + (cell instanceof byte[] bytes ? Arrays.toString(bytes) : cell));
                }
                say("row", cells.toArray());
            }
        }
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery("SELECT oid, relname, relkind, relam, relnatts, reltuples FROM pg_class WHERE relname = 'pg_type'")) {
            ResultSetMetaData about = rows.getMetaData();
            for (int column = 1; column <= about.getColumnCount(); column++) say("catalog-answer", about.getColumnName(column), about.getColumnTypeName(column), about.getColumnType(column));
            rows.next();
            say("catalog-row", rows.getLong(1), rows.getString(2), rows.getString(3), rows.getInt(4), rows.getInt(5));
        }
    }

    /** Each type as a parameter, five times and more: the driver then goes over to named statements and binary answers. */
    private static void prepared() throws SQLException {
        Object[][] values = {
            {"boolean", true}, {"smallint", (short) -7}, {"integer", 42}, {"bigint", 9007199254740993L}, {"real", 1.5f}, {"double precision", 0.1}, {"numeric", new BigDecimal("123456789.0123")},
            {"text", "Хліб 'x'"}, {"date", Date.valueOf("2026-11-19")}, {"timestamp", Timestamp.valueOf("2026-11-19 14:03:07.123456")},
            {"timestamptz", OffsetDateTime.parse("2026-11-19T14:03:07.5+02:00")}, {"time", LocalTime.of(1, 2, 3)}, {"date", LocalDate.of(1999, 12, 31)}, {"bytea", new byte[] {0, 1, -1}},
            {"uuid", UUID.fromString("123e4567-e89b-12d3-a456-426614174000")},
        };
        for (Object[] value : values) {
            try (PreparedStatement statement = connection.prepareStatement("SELECT ?::" + value[0] + " AS v, ?::" + value[0] + " IS NULL AS n")) {
                for (int round = 0; round < 7; round++) {
                    statement.setObject(1, value[1]);
                    statement.setNull(2, Types.OTHER);
                    try (ResultSet rows = statement.executeQuery()) {
                        rows.next();
                        Object cell = rows.getObject(1);
                        if (round % 6 == 0) {
                            say("prepared", value[0], round, rows.getMetaData().getColumnTypeName(1), cell.getClass().getSimpleName(), plain(cell),
                                rows.getBoolean(2));
                        }
                    }
                }
            }
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT receipt_id, total, business_day, issued_at FROM receipts WHERE total > ? AND business_day >= ? AND receipt_id = ANY (?) ORDER BY 1")) {
            for (int round = 0; round < 7; round++) {
                statement.setBigDecimal(1, new BigDecimal("61.5"));
                statement.setDate(2, Date.valueOf("2026-11-12"));
                statement.setArray(3, connection.createArrayOf("text", new String[] {"R-2", "R-4", "R-9"}));
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) say("filtered", round, rows.getString(1), rows.getBigDecimal(2), rows.getDate(3), rows.getObject(4, OffsetDateTime.class));
                }
            }
            ParameterMetaData about = statement.getParameterMetaData();
            for (int place = 1; place <= about.getParameterCount(); place++) say("parameter", place, about.getParameterTypeName(place), about.getParameterType(place));
        }
        try (CallableStatement call = connection.prepareCall("{? = call upper(?)}")) {
            call.registerOutParameter(1, Types.VARCHAR);
            call.setString(2, "bread");
            call.execute();
            say("called", call.getString(1));
        }
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SELECT ARRAY[1, 2, NULL]::integer[], ARRAY['a', 'b c'], ARRAY[1.50]::numeric[]")) {
            rows.next();
            for (int column = 1; column <= 3; column++) say("array", rows.getMetaData().getColumnTypeName(column), Arrays.toString((Object[]) rows.getArray(column).getArray()));
        }
    }

    /** Of a number its value: its last digits may be zeros. */
    private static Object plain(Object cell) {
        if (cell instanceof BigDecimal number) return number.stripTrailingZeros().toPlainString();
        return cell instanceof byte[] bytes ? Arrays.toString(bytes) : cell;
    }

    private static void paging() throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement statement = connection.prepareStatement("SELECT n FROM generate_series(1, 1000) AS s(n) ORDER BY n")) {
            statement.setFetchSize(7);
            int count = 0, sum = 0;
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    count++;
                    sum += rows.getInt(1);
                }
            }
            say("paged", count, sum);
        }
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(3);
            int count = 0;
            try (ResultSet rows = statement.executeQuery("SELECT * FROM receipts")) { while (rows.next()) count++; }
            say("at-most", count);
        }
        Savepoint point = connection.setSavepoint("here");
        fails2("in-transaction", "SELECT 1/0");
        fails2("after-fault", "SELECT 1");
        connection.rollback(point);
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SELECT 1")) { say("after-savepoint", rows.next()); }
        connection.rollback();
        connection.setAutoCommit(true);
        connection.setReadOnly(true);
        say("read-only", connection.isReadOnly(), connection.getTransactionIsolation(), connection.isValid(5), connection.getSchema(), connection.getCatalog());
    }

    private static void fails2(String topic, String query) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery(query);
            say(topic, "no error");
        } catch (SQLException fault) {
            say(topic, fault.getSQLState());
        }
    }

    private static void faults() throws Exception {
        connection.setReadOnly(false);
        fails("unknown-table", () -> connection.createStatement().executeQuery("SELECT * FROM nothing"));
        fails("unknown-column", () -> connection.createStatement().executeQuery("SELECT nothing FROM receipts"));
        fails("syntax", () -> connection.createStatement().executeQuery("SELEC 1"));
        fails("write", () -> connection.createStatement().executeUpdate("INSERT INTO receipts (ticket_id) VALUES ('x')"));
        fails("batch", () -> {
            try (PreparedStatement statement = connection.prepareStatement("INSERT INTO receipts (ticket_id) VALUES (?)")) {
                for (int number = 0; number < 3; number++) {
                    statement.setString(1, "x" + number);
                    statement.addBatch();
                }
                statement.executeBatch();
            }
        });
        Statement slow = connection.createStatement();
        Thread canceller = new Thread(() -> {
            try {
                // It may come before the question has begun: then it finds nothing, and comes again. A statement's own cancel comes once.
                while (true) {
                    connection.unwrap(org.postgresql.PGConnection.class).cancelQuery();
                    Thread.sleep(50);
                }
            } catch (InterruptedException over) {
                // The question has ended.
            } catch (SQLException fault) {
                say("cancel-fault", fault.getMessage());
            }
        });
        canceller.start();
        fails("cancelled", () -> slow.executeQuery("SELECT count(*) FROM generate_series(1, 100000000000) AS s(n) WHERE n % 7 = 3"));
        canceller.interrupt();
        canceller.join();
        slow.close();
        Statement late = connection.createStatement();
        late.setQueryTimeout(1);
        fails("timed-out", () -> late.executeQuery("SELECT count(*) FROM generate_series(1, 100000000000) AS s(n) WHERE n % 7 = 3"));
        late.close();
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SELECT 1")) { say("afterwards", rows.next()); }
    }
}
