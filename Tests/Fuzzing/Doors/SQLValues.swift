/// Values at which arithmetic, calendars and texts give way, by their type, as SQL writes them.
enum SQLValues {
    static let literals: [(type: String, texts: [String])] = [
        ("boolean", ["true", "false", "null::boolean"]),
        ("integer", ["0", "1", "-1", "2147483647", "(-2147483648)", "null::integer", "7", "32768"]),
        (
            "bigint",
            [
                "9223372036854775807", "(-9223372036854775808)", "0::bigint", "(-1)::bigint", "4611686018427387904", "3037000500::bigint", "null::bigint",
                "9007199254740993", "10::bigint",
            ]
        ),
        (
            "numeric",
            [
                "99999999999999999999999999999999999999", "(-99999999999999999999999999999999999999)", "0.0000000000000000000000000000000000001",
                "9.9999999999999999999999999999999999999", "0.5", "(-0.5)", "1.00", "170141183460469231731687303715884105727::numeric", "null::numeric(9,2)",
                "12345678901234567890.123456789012345678", "0.00::numeric(38,37)",
            ]
        ),
        (
            "double precision",
            [
                "1e308", "(-1e308)", "5e-324", "'NaN'::double precision", "'Infinity'::double precision", "'-Infinity'::double precision", "(-0e0)", "0.1e0",
                "9223372036854775808e0", "1e38", "null::double precision", "2.5e0",
            ]
        ),
        (
            "varchar",
            [
                "''", "'a'", "repeat('ab', 200)", "'Їжак'", "'%_\\'", "e'\\u0001'", "'9223372036854775808'", "'1e400'", "'0001-01-01'", "'9999-12-31 23:59:60'",
                "'P1Y'", "null::varchar", "' '", "'(a|b)*c'", "'YYYY-MM-DD HH24:MI:SS.US TZ'", "'FM999,999.99PL'", "'Europe/Kyiv'", "'+99:99'", "'1 year -1 day'",
            ]
        ),
        (
            "date",
            [
                "date '0001-01-01'", "date '9999-12-31'", "date '2024-02-29'", "date '1970-01-01'", "null::date", "date '2026-03-29'", "date '1582-10-15'",
                "date '5874897-12-31'", "date '4714-11-24 BC'", "date 'infinity'", "date '-infinity'",
            ]
        ),
        (
            "timestamptz",
            [
                "timestamptz '0001-01-01 00:00:00Z'", "timestamptz '9999-12-31 23:59:59.999999Z'", "timestamptz '2026-03-29 00:59:59.999999Z'",
                "timestamptz '1970-01-01 00:00:00Z'", "null::timestamptz", "timestamptz '1900-01-01 00:00:00+00:19:32'",
                "timestamptz '294246-12-31 23:59:59.999999Z'", "timestamptz '4714-11-24 00:00:00+00 BC'", "timestamptz 'infinity'", "timestamptz '-infinity'",
            ]
        ),
        (
            "timestamp",
            [
                "timestamp '0001-01-01 00:00:00'", "timestamp '9999-12-31 23:59:59.999999'", "timestamp '2026-03-29 03:30:00'", "null::timestamp",
                "timestamp '294246-12-31 23:59:59.999999'", "timestamp '4714-11-24 00:00:00 BC'", "timestamp 'infinity'", "timestamp '-infinity'",
            ]
        ),
        ("time", ["time '00:00:00'", "time '23:59:59.999999'", "time '24:00:00'", "null::time"]),
        (
            "interval",
            [
                "interval '178956970 years'", "interval '-178956970 years -8 months'", "interval '2147483647 days'", "interval '-2147483648 days'",
                "interval '2562047788 hours'", "interval '-9223372036854775808 microseconds'", "interval '0'", "interval '1 month'", "interval '-1 month 1 day'",
                "interval '0.000001 seconds'", "null::interval",
            ]
        ),
        (
            "bytea",
            [
                "'\\x'::bytea", "'\\x00ff'::bytea", "'\\xc328'::bytea", "null::bytea", "('\\x01' || repeat('34', 8192))::bytea", "('\\x01' || repeat('33', 8192))::bytea",
                "('\\x01' || repeat('00', 8192))::bytea",
            ]
        ),
        ("list", ["r.lines", "r.tags"]),
        ("any", ["null", "'1'", "'x'"]),
    ]

    static let fields = [
        "year", "month", "day", "hour", "minute", "second", "microseconds", "milliseconds", "epoch", "julian", "century", "millennium", "decade", "quarter",
        "week", "isoyear", "dow", "isodow", "doy", "timezone", "timezone_hour",
    ]

    static let types = [
        "boolean", "smallint", "integer", "bigint", "numeric", "numeric(38,0)", "numeric(38,37)", "numeric(1,1)", "real", "double precision", "varchar", "varchar(3)",
        "char(2)", "date", "timestamp", "timestamptz", "timestamp(0)", "time", "interval", "bytea",
    ]
}
