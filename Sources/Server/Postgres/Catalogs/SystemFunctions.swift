internal import ColumnStore

/// Functions of PostgreSQL's that clients ask its catalogs by, each as an expression in SQL.
///
/// What has no object here (policies, sequences, rules) is NULL, as for an object that is not there.
enum SystemFunctions {
    /// - Parameter session: what they say of the session.
    static func expression(_ name: String, _ count: Int, _ session: SystemSession) -> String? {
        switch (name, count) {
        case ("version", 0): "\(quoted(session.version))::text"
        case ("current_user", 0), ("session_user", 0), ("user", 0), ("current_role", 0): "\(quoted(session.user))::name"
        case ("current_schema", 0): session.path.shown(among: schemas, withImplicit: false).first.map { "\(quoted($0))::name" } ?? "NULL::name"
        case ("current_schemas", 1): "CASE WHEN $1::boolean THEN \(list(session.path.shown(among: schemas, withImplicit: true))) ELSE \(list(session.path.shown(among: schemas, withImplicit: false))) END"
        case ("regclass_name", 1) where !session.path.hasTables: "CASE WHEN $1 = 0 THEN '-' ELSE coalesce(\(qualifiedName), ($1 + 0)::text) END"
        case ("pg_table_is_visible", 1): visible(among: "till_relations", below: session.path.hasTables ? SystemNumber.firstForeign : SystemNumber.first)
        case ("current_database", 0), ("current_catalog", 0): "\(quoted(session.database))::name"
        case ("pg_backend_pid", 0): "\(session.processID)"
        case ("pg_is_in_recovery", 0), ("pg_is_wal_replay_paused", 0): "false"
        case ("current_setting", 1), ("current_setting", 2): "(SELECT s.setting FROM pg_catalog.till_settings s WHERE s.name = lower($1::text))"
        case ("pg_postmaster_start_time", 0): "'\(CalendarText.text(instant: session.serverBeganAt))'::timestamptz"
        case ("inet_server_addr", 0), ("inet_client_addr", 0), ("txid_current_if_assigned", 0): "NULL::text"
        case ("pg_my_temp_schema", 0): "0::oid"
        case ("inet_server_port", 0), ("inet_client_port", 0): "NULL::integer"
        default: named[Key(name, count)] ?? named[Key(name, anyCount)]
        }
    }

    private static let schemas: Set<String> = ["pg_catalog", "information_schema", "public", "till"]

    private static func list(_ names: [String]) -> String { "ARRAY[\(names.map(quoted).joined(separator: ", "))]::name[]" }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    private struct Key: Hashable {
        let name: String
        let count: Int
        init(_ name: String, _ count: Int) { (self.name, self.count) = (name, count) }
    }

    private static let anyCount = -1

    /// Each with a number of arguments that it takes. For tests.
    static var all: [(name: String, count: Int)] { named.keys.map { ($0.name, $0.count == anyCount ? 2 : $0.count) }.sorted { $0.0 < $1.0 } }

    /// pg_catalog's and the store's own are on the path; information_schema's are not. Numbers tell them apart.
    private static let visible = "CASE WHEN $1 IS NULL THEN NULL ELSE $1 NOT BETWEEN 13000 AND 13999 AND $1 < \(SystemNumber.firstForeign) END"
    /// The same of numbers that are in a relation, and NULL of others.
    private static func visible(among relation: String, below bound: Int64) -> String {
        "(SELECT o.oid NOT BETWEEN 13000 AND 13999 AND o.oid < \(bound) FROM pg_catalog.\(relation) o WHERE o.oid = $1)"
    }

    /// A relation as SQL names it: with its schema where it is not on the path.
    private static let relationName =
        "(SELECT CASE WHEN c.oid NOT BETWEEN 13000 AND 13999 AND c.oid < \(SystemNumber.firstForeign) THEN c.relname ELSE n.nspname || '.' || c.relname END FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1)"
    private static let qualifiedName =
        "(SELECT CASE WHEN n.nspname = 'pg_catalog' THEN c.relname ELSE n.nspname || '.' || c.relname END FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1)"
    private static let nothing = "NULL::text"
    /// Of the type that lists of rights have: it stands beside them in COALESCE.
    private static let noRights = "(SELECT d.defaclacl FROM pg_catalog.pg_default_acl d)"
    /// The sum is a plain number, here and below: a cast of a registry's to text would ask for its name again.
    private static let procedureName = "CASE WHEN $1 = 0 THEN '-' ELSE coalesce((SELECT p.proname FROM pg_catalog.pg_proc p WHERE p.oid = $1), ($1 + 0)::text) END"

    private static let procedureSignature =
        "CASE WHEN $1 = 0 THEN '-' ELSE coalesce((SELECT p.proname || '(' || replace(oidvectortypes(p.proargtypes), ', ', ',') || ')' FROM pg_catalog.pg_proc p WHERE p.oid = $1), ($1 + 0)::text) END"

    /// Each argument stands in its expression once where it can: a subquery in it would be there as often.
    private static let named: [Key: String] = {
        var found: [Key: String] = [
            Key("pg_get_userbyid", 1): "coalesce((SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid = $1), 'unknown (OID=' || $1::oid::text || ')')::name",
            Key("pg_char_to_encoding", 1): "CASE WHEN upper($1::text) IN ('UTF8', 'UTF-8') THEN 6 ELSE -1 END",
            Key("getdatabaseencoding", 0): "'UTF8'::name",
            Key("pg_encoding_to_char", 1): "(CASE WHEN $1 = 6 THEN 'UTF8' ELSE '' END)::name",
            Key("format_type", 2): formatType,
            Key("regtype_name", 1): "CASE WHEN $1 = 0 THEN '-' ELSE coalesce((SELECT t.shown FROM pg_catalog.till_type_names t WHERE t.oid = $1), ($1 + 0)::text) END",
            Key("regclass_name", 1): "CASE WHEN $1 = 0 THEN '-' ELSE coalesce(\(relationName), ($1 + 0)::text) END",
            Key("regnamespace_name", 1): "CASE WHEN $1 = 0 THEN '-' ELSE coalesce((SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = $1), ($1 + 0)::text) END",
            Key("regrole_name", 1): "CASE WHEN $1 = 0 THEN '-' ELSE coalesce((SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid = $1), ($1 + 0)::text) END",
            Key("regproc_name", 1): procedureName, Key("regprocedure_name", 1): procedureSignature, Key("regoper_name", 1): "($1 + 0)::text", Key("regoperator_name", 1): "($1 + 0)::text",
            Key("to_regclass", 1): "(SELECT n.oid FROM pg_catalog.till_names n WHERE n.name = replace($1::text, '\"', ''))",
            Key("to_regtype", 1): "(SELECT t.oid FROM pg_catalog.till_type_names t WHERE t.shown = $1::text OR t.typname = replace(replace($1::text, '\"', ''), 'pg_catalog.', ''))",
            Key("regcollation_name", 1): "CASE WHEN $1 = 0 THEN '-' ELSE coalesce((SELECT '\"' || c.collname || '\"' FROM pg_catalog.pg_collation c WHERE c.oid = $1), ($1 + 0)::text) END",
            Key("to_regcollation", 1): "(SELECT c.oid FROM pg_catalog.pg_collation c WHERE c.collname = replace(replace($1::text, '\"', ''), 'pg_catalog.', ''))",
            Key("to_regnamespace", 1): "(SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = replace($1::text, '\"', ''))",
            Key("array_to_string", 2): "(SELECT coalesce(string_agg(u.x::text, $2::text), '') FROM unnest($1) AS u(x))",
            Key("array_to_string", 3): "(SELECT string_agg(coalesce(u.x::text, $3::text), $2::text) FROM unnest($1) AS u(x))",
            Key("array_out", 1): "'{' || coalesce((SELECT string_agg(coalesce(u.x::text, 'NULL'), ',') FROM unnest($1) AS u(x)), '') || '}'",
            Key("array_cat", 2):
                "ARRAY(SELECT w.x FROM (SELECT u.x FROM unnest($1) AS u(x) UNION ALL SELECT v.x FROM unnest($2) AS v(x)) AS w)",
            Key("array_remove", 2): "ARRAY(SELECT u.x FROM unnest($1) AS u(x) WHERE u.x IS DISTINCT FROM $2)",
            Key("array_append", 2): "ARRAY(SELECT w.x FROM (SELECT u.x FROM unnest($1) AS u(x) UNION ALL SELECT $2) AS w(x))",
            Key("current_query", 0): "(SELECT a.query FROM pg_catalog.till_asked a)", Key("pg_advisory_unlock_all", 0): "''::void", Key("pg_encoding_max_length", 1): "4",
            Key("array_length", 2): "(SELECT nullif(count(*), 0)::integer FROM unnest($1) AS u(x))",
            Key("array_upper", 2): "(SELECT nullif(count(*), 0)::integer FROM unnest($1) AS u(x))",
            Key("array_lower", 2): "(SELECT CASE WHEN count(*) > 0 THEN 1 END FROM unnest($1) AS u(x))",
            Key("cardinality", 1): "(SELECT count(*)::integer FROM unnest($1) AS u(x))",
            Key("quote_ident", 1): "CASE WHEN $1::text ~ '^[a-z_][a-z0-9_$]*$' THEN $1::text ELSE '\"' || replace($1::text, '\"', '\"\"') || '\"' END",
            Key("quote_literal", 1): "'''' || replace($1::text, '''', '''''') || ''''",
            Key("obj_description", 2):
                "(SELECT d.description FROM pg_catalog.pg_description d JOIN pg_catalog.pg_class k ON k.oid = d.classoid WHERE d.objoid = $1 AND d.objsubid = 0 AND k.relname = $2::text)",
            Key("obj_description", 1): "(SELECT d.description FROM pg_catalog.pg_description d WHERE d.objoid = $1 AND d.objsubid = 0)",
            Key("col_description", 2): "(SELECT d.description FROM pg_catalog.pg_description d WHERE d.objoid = $1 AND d.objsubid = $2 AND d.objsubid > 0)",
            Key("pg_get_constraintdef", anyCount): "(SELECT 'PRIMARY KEY (ticket_id)' FROM pg_catalog.pg_constraint o WHERE o.oid = $1)",
            Key("pg_identify_object", 3): identified, Key("pg_describe_object", 3): described, Key("pg_relation_filenode", 1): "NULL::oid", Key("pg_relation_filepath", 1): nothing,
            Key("pg_filenode_relation", 2): "NULL::regclass", Key("pg_get_indexdef", 1): indexDefinition,
            Key("pg_get_indexdef", 3): "CASE WHEN $1 IS NULL OR $2 IS NULL OR $3 IS NULL THEN NULL WHEN $2 = 0 THEN \(indexDefinition) ELSE 'ticket_id' END",
            Key("pg_get_viewdef", 1): viewDefinition, Key("pg_get_viewdef", 2): "CASE WHEN $2 IS NOT NULL THEN \(viewDefinition) END",
            Key("pg_relation_size", anyCount): "0::bigint", Key("pg_table_size", anyCount): "0::bigint", Key("pg_total_relation_size", anyCount): "0::bigint",
            Key("pg_database_size", 1): "0::bigint", Key("pg_indexes_size", 1): "0::bigint", Key("pg_size_pretty", 1): sizePretty,
            Key("pg_relation_is_publishable", 1): "false", Key("pg_has_role", 2): "CASE WHEN num_nulls($1, $2) = 0 THEN true END", Key("pg_has_role", 3): "CASE WHEN num_nulls($1, $2, $3) = 0 THEN true END",
            Key("pg_relation_is_updatable", anyCount): "0", Key("pg_column_is_updatable", anyCount): "false", Key("pg_tablespace_location", 1): "''",
            Key("pg_tablespace_size", 1): "0::bigint", Key("pg_partition_root", 1): "NULL::regclass",
            Key("pg_advisory_unlock", anyCount): "false", Key("pg_try_advisory_lock", anyCount): "true", Key("pg_try_advisory_lock_shared", anyCount): "true",
            Key("pg_try_advisory_xact_lock", anyCount): "true", Key("pg_advisory_lock", anyCount): "''::void", Key("pg_advisory_lock_shared", anyCount): "''::void",
            Key("pg_advisory_xact_lock", anyCount): "''::void", Key("pg_advisory_unlock_shared", anyCount): "false", Key("pg_notify", 2): "''::void", Key("pg_cancel_backend", 1): "false", Key("pg_terminate_backend", 1): "false",
            Key("pg_index_column_has_property", 3): "lower($3::text) IN ('asc', 'nulls_last', 'orderable', 'returnable', 'search_array', 'search_nulls')",
            Key("pg_index_has_property", 2): "lower($2::text) IN ('clusterable', 'index_scan', 'bitmap_scan', 'backward_scan')",
            Key("pg_indexam_has_property", 2): "lower($2::text) IN ('can_order', 'can_unique', 'can_multi_col', 'can_exclude', 'can_include')",
            Key("to_regrole", 1): "(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = replace($1::text, '\"', ''))", Key("pg_trigger_depth", 0): "0", Key("host", 1): "split_part($1::text, '/', 1)", Key("pg_client_encoding", 0): "(SELECT s.setting FROM pg_catalog.till_settings s WHERE s.name = 'client_encoding')::name",
            Key("to_regproc", 1): "(SELECT min(p.oid) FROM pg_catalog.pg_proc p WHERE p.proname = replace(replace($1::text, '\"', ''), 'pg_catalog.', '') HAVING count(*) = 1)", Key("pg_settings_get_flags", 1): "(SELECT ARRAY[]::text[] FROM pg_catalog.till_settings s WHERE s.name = lower($1::text))",
            Key("pg_sleep", 1): "till_pause($1::float8)::void", Key("pg_sleep_for", 1): "pg_sleep(extract(epoch FROM now() + $1::interval) - extract(epoch FROM now()))",
            Key("pg_sleep_until", 1): "pg_sleep(extract(epoch FROM $1::timestamptz) - extract(epoch FROM now()))",
            Key("clock_timestamp", 0): "till_clock()", Key("pg_terminate_backend", 2): "false",
            Key("pg_advisory_xact_lock_shared", anyCount): "''::void", Key("pg_try_advisory_xact_lock_shared", anyCount): "true", Key("pg_safe_snapshot_blocking_pids", 1): "ARRAY[]::integer[]",
            Key("has_parameter_privilege", anyCount): "false",
            Key("txid_current", 0): "3::bigint", Key("pg_current_xact_id", 0): "3::bigint",
            // As Airbyte asks for what is new since a transaction: nothing runs beside the one that asks.
            Key("txid_current_snapshot", 0): "'3:3:'", Key("pg_current_snapshot", 0): "'3:3:'", Key("txid_snapshot_xmin", 1): "split_part($1::text, ':', 1)::bigint",
            Key("txid_snapshot_xmax", 1): "split_part($1::text, ':', 2)::bigint", Key("pg_snapshot_xmin", 1): "split_part($1::text, ':', 1)::bigint",
            Key("pg_snapshot_xmax", 1): "split_part($1::text, ':', 2)::bigint",
            // `age` of a transaction's number: of what is no transaction the greatest.
            Key("xid_age", 1): "CASE WHEN $1::text::bigint >= 3 THEN 0 WHEN $1::text::bigint < 3 THEN 2147483647 END",
            Key("mxid_age", 1): "CASE WHEN $1::text::bigint > 0 THEN 0 WHEN $1::text::bigint = 0 THEN 2147483647 END",
            Key("oidvectortypes", 1): vectorTypes, Key("acldefault", 2): noRights,
            Key("pg_get_replica_identity_index", 1): "NULL::bigint",
            Key("pg_conf_load_time", 0): "now()", Key("pg_is_other_temp_schema", 1): "false",
            Key("row_security_active", 1): "false", Key("pg_jit_available", 0): "false", Key("pg_current_logfile", anyCount): nothing,
            Key("pg_blocking_pids", 1): "ARRAY[]::integer[]", Key("pg_get_function_result", 1): functionResult, Key("pg_get_function_arguments", 1): functionArguments,
            Key("pg_get_function_identity_arguments", 1): functionArguments,
        ]
        for (function, text) in InformationFunctions.all { found[Key(function, 2)] = text }
        for function in ["pg_table_is_visible", "pg_type_is_visible", "pg_function_is_visible", "pg_operator_is_visible", "pg_collation_is_visible", "pg_opclass_is_visible", "pg_conversion_is_visible", "pg_opfamily_is_visible", "pg_statistics_obj_is_visible", "pg_ts_config_is_visible", "pg_ts_dict_is_visible", "pg_ts_parser_is_visible", "pg_ts_template_is_visible"] {
            found[Key(function, 1)] = visible
        }
        found[Key("pg_table_is_visible", 1)] = visible(among: "till_relations", below: SystemNumber.firstForeign)
        found[Key("pg_type_is_visible", 1)] = visible(among: "till_type_names", below: SystemNumber.firstForeign)
        found[Key("pg_function_is_visible", 1)] = visible(among: "pg_proc", below: .max)
        // Nobody counts, so that nothing has happened.
        for count in [
            "numscans", "tuples_returned", "tuples_fetched", "tuples_inserted", "tuples_updated", "tuples_deleted", "tuples_hot_updated", "live_tuples", "dead_tuples", "mod_since_analyze",
            "ins_since_vacuum", "blocks_fetched", "blocks_hit", "vacuum_count", "autovacuum_count", "analyze_count", "autoanalyze_count", "db_xact_commit", "db_xact_rollback", "db_blocks_fetched", "db_blocks_hit",
        ] { found[Key("pg_stat_get_\(count)", 1)] = "0::bigint" }
        for time in ["vacuum", "autovacuum", "analyze", "autoanalyze"] { found[Key("pg_stat_get_last_\(time)_time", 1)] = "NULL::timestamptz" }
        found[Key("pg_last_xact_replay_timestamp", 0)] = "NULL::timestamptz"
        for kind in ["table", "column", "any_column", "schema", "database", "function", "type", "sequence", "tablespace", "language", "foreign_data_wrapper", "server"] {
            for count in kind == "column" ? 3...4 : 2...3 { found[Key("has_\(kind)_privilege", count)] = right(on: kind, count) }
        }
        for kind in ["table", "any_column", "sequence", "schema"] { for count in 2...3 { found[Key("has_\(kind)_privilege\(byName)", count)] = rightByName(on: kind, count) } }
        for function in [
            "pg_get_expr", "pg_get_ruledef", "pg_get_triggerdef", "pg_get_partkeydef", "pg_get_serial_sequence", "pg_get_statisticsobjdef_columns", "shobj_description",
            "pg_get_function_arg_default", "pg_get_statisticsobjdef", "pg_get_statisticsobjdef_expressions", "pg_xact_commit_timestamp", "pg_sequence_last_value", "pg_column_compression", "pg_current_wal_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_flush_lsn", "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn", "pg_current_xact_id_if_assigned", "to_regoper", "to_regoperator", "to_regprocedure", "pg_get_functiondef", "pg_get_function_sqlbody", "pg_get_partition_constraintdef", "json_build_object",
        ] { found[Key(function, anyCount)] = nothing }
        return found
    }()

    /// What a function is called where a row says the name of its object.
    static let byName = "_by_name"

    /// Whether words of rights, `$count`, have one that all have. Of what is there and may be seen it is read, and nobody may write.
    private static func may(_ count: Int) -> String { "upper($\(count)::text) ~ '(^|,) *(SELECT|USAGE|CONNECT|EXECUTE) *(,|$)'" }

    /// Whoever sees it may read it, and nobody may write; NULL of what is not there.
    ///
    /// - Parameter count: of the arguments, with or without whose right it is; the object is a number where `registries` says so.
    private static func right(on kind: String, _ count: Int) -> String {
        let isOfColumn = kind == "column"
        let isOfSomebody = count == (isOfColumn ? 4 : 3)
        let object = isOfSomebody ? "$2" : "$1", column = isOfSomebody ? "$3" : "$2"
        switch kind {
        case "table", "any_column", "sequence": return right(onOneOf: "till_relations o WHERE o.oid = \(object)::bigint", count, isOfSomebody)
        case "schema": return right(onOneOf: "pg_namespace o WHERE o.oid = \(object)::bigint", count, isOfSomebody)
        case "function": return right(onOneOf: "pg_proc o WHERE o.oid = \(object)::bigint", count, isOfSomebody)
        case "type": return right(onOneOf: "till_type_names o WHERE o.oid = \(object)::bigint", count, isOfSomebody)
        default: break
        }
        // A column of the object's own, so that the aggregate is of this query whatever its arguments are of.
        let some = "bool_and(CASE WHEN o.\(isOfColumn ? "attrelid" : "oid") IS NOT NULL AND num_nulls(\((1...count).map { "$\($0)" }.joined(separator: ", "))) = 0 THEN \(may(count)) END)"
        let place =
            switch kind {
            case "column": "pg_attribute o WHERE o.attrelid = \(object)::bigint AND \(column)::text IN (o.attname, o.attnum::text)"
            case "database": "pg_database o WHERE \(object)::text IN (o.datname, o.oid::text)"
            case "tablespace": "pg_tablespace o WHERE \(object)::text IN (o.spcname, o.oid::text)"
            case "language": "pg_language o WHERE \(object)::text IN (o.lanname, o.oid::text)"
            case "server": "pg_foreign_server o WHERE \(object)::text IN (o.srvname, o.oid::text)"
            default: "pg_foreign_data_wrapper o WHERE \(object)::text IN (o.fdwname, o.oid::text)"
            }
        return "(SELECT \(some) FROM pg_catalog.\(place))"
    }

    /// The same where each row says a name. To look its number up first would be one subquery within another, which plans far worse: Metabase asks four of each relation.
    private static func rightByName(on kind: String, _ count: Int) -> String {
        let isOfSomebody = count == 3
        let name = "replace($\(isOfSomebody ? 2 : 1)::text, '\"', '')"
        return right(onOneOf: kind == "schema" ? "pg_namespace o WHERE o.nspname = \(name)" : "till_names o WHERE o.name = \(name)", count, isOfSomebody)
    }

    /// What is looked up by one equality is one join for all rows that ask.
    private static func right(onOneOf place: String, _ count: Int, _ isOfSomebody: Bool) -> String {
        "CASE WHEN \(isOfSomebody ? "$1 IS NOT NULL AND " : "")(SELECT o.oid FROM pg_catalog.\(place)) IS NOT NULL THEN \(may(count)) END"
    }

    /// Whose names `has_…_privilege`, `pg_get_viewdef` and sizes take beside numbers.
    static func registries(_ name: String, _ count: Int) -> [String?] {
        if ["pg_get_viewdef", "pg_relation_size", "pg_table_size", "pg_relation_filenode", "pg_relation_filepath", "pg_indexes_size", "pg_total_relation_size"].contains(name) { return ["regclass"] }
        let registry: String? =
            switch name {
            case "has_table_privilege", "has_column_privilege", "has_any_column_privilege", "has_sequence_privilege": "regclass"
            case "has_schema_privilege": "regnamespace"
            case "has_function_privilege": "regprocedure"
            case "has_type_privilege": "regtype"
            default: nil
            }
        guard registry != nil else { return [] }
        return count == (name == "has_column_privilege" ? 4 : 3) ? [nil, registry] : [registry]
    }

    /// What PostgreSQL takes the arguments for whose types nothing says: of the functions with a text among others it takes the text.
    static func types(_ name: String, _ count: Int) -> [String?] {
        if name.hasPrefix("has_"), name.hasSuffix("_privilege") {
            return [String?](repeating: "text", count: count).enumerated().map { place, type in place == 0 && count == (name == "has_column_privilege" ? 4 : 3) ? "name" : type }
        }
        if name == "pg_has_role" { return [String?](repeating: "name", count: max(count, 1) - 1) + ["text"] }
        if name.hasSuffix("_is_visible") { return ["oid"] }
        let forms = formsByName[name]?.filter { $0.arguments.count == count } ?? []
        guard let form = forms.count == 1 ? forms[0] : forms.first(where: { $0.arguments.allSatisfy { $0 == textNumber } }) else { return [] }
        return form.arguments.map { number in SystemType.byNumber[number].flatMap { ofArguments.contains($0.name) ? $0.name : nil } }
    }

    private static let formsByName = Dictionary(grouping: SystemProcedure.ofPostgres, by: \.name)
    private static let textNumber = Int64(PostgresType.text.rawValue)
    /// Types by whose names a cast means them, and no other.
    private static let ofArguments: Set<String> = ["bool", "float8", "int2", "int4", "int8", "interval", "name", "oid", "regclass", "text", "timestamptz"]

    /// Above 10 of a unit the next one: halves of it are counted down, and then rounded.
    private static let sizePretty: String = {
        func shown(_ halves: String, _ unit: String) -> String { "div(\(halves) + sign(\(halves)), 2)::text || ' \(unit)'" }
        let branches = [("1", "kB"), ("1024", "MB"), ("1048576", "GB"), ("1073741824", "TB"), ("1099511627776", "PB")].map { divisor, unit in
            let halves = "div(v.halves, \(divisor))"
            return unit == "PB" ? "ELSE \(shown(halves, unit))" : "WHEN abs(\(halves)) < 20479 THEN \(shown(halves, unit))"
        }
        return "(SELECT CASE WHEN abs(v.size) < 10240 THEN v.size::text || ' bytes' \(branches.joined(separator: " ")) END FROM (SELECT $1 AS size, div($1, 512) AS halves) AS v)"
    }()

    private static let vectorTypes =
        "(SELECT coalesce(string_agg(t.shown, ', ' ORDER BY a.place), '') FROM unnest($1) WITH ORDINALITY AS a(kind, place) JOIN pg_catalog.till_type_names t ON t.oid = a.kind)"
    private static let functionResult = "(SELECT CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END || t.shown FROM pg_catalog.pg_proc p JOIN pg_catalog.till_type_names t ON t.oid = p.prorettype WHERE p.oid = $1)"
    private static let functionArguments =
        "(SELECT coalesce(string_agg(t.shown, ', ' ORDER BY a.place), '') FROM pg_catalog.pg_proc p CROSS JOIN unnest(p.proargtypes) WITH ORDINALITY AS a(kind, place) JOIN pg_catalog.till_type_names t ON t.oid = a.kind WHERE p.oid = $1)"

    private static let indexDefinition = """
        (SELECT 'CREATE UNIQUE INDEX ' || quote_ident(i.relname) || ' ON public.' || quote_ident(t.relname) || ' USING btree (ticket_id)'
            FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_class t ON t.oid = x.indrelid WHERE i.oid = $1)
        """

    /// Relations, their columns, and schemas; one row of four members. NULL of what is not there, and of all else.
    private static let identified = """
        (SELECT r FROM (
            SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'i' THEN 'index' ELSE 'table' END || CASE WHEN $3 > 0 THEN ' column' ELSE '' END AS type,
                quote_ident(n.nspname) AS schema, quote_ident(c.relname) AS name,
                quote_ident(n.nspname) || '.' || quote_ident(c.relname) || coalesce('.' || quote_ident(a.attname), '') AS identity
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = $3
            WHERE $1 = \(SystemRelation.classNumber) AND c.oid = $2
            UNION ALL SELECT 'schema', NULL, quote_ident(s.nspname), quote_ident(s.nspname) FROM pg_catalog.pg_namespace s WHERE $1 = 2615 AND s.oid = $2) AS r)
        """

    /// What each of them is in words: relations, their columns, schemas, types, functions, views' rules, roles and keys. NULL of what is not there, and of all else.
    private static let described = """
        (SELECT d.words FROM (
            SELECT CASE WHEN $3 > 0 THEN 'column ' || a.attname || ' of ' ELSE '' END || CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'i' THEN 'index ' ELSE 'table ' END
                || CASE WHEN pg_table_is_visible(c.oid) THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname) AS words
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = $3 WHERE $1 = \(SystemRelation.classNumber) AND c.oid = $2
            UNION ALL SELECT 'schema ' || s.nspname FROM pg_catalog.pg_namespace s WHERE $1 = 2615 AND s.oid = $2
            UNION ALL SELECT 'type ' || t.shown FROM pg_catalog.till_type_names t WHERE $1 = 1247 AND t.oid = $2
            UNION ALL SELECT 'function ' || p.oid::regprocedure::text FROM pg_catalog.pg_proc p WHERE $1 = 1255 AND p.oid = $2
            UNION ALL SELECT 'rule ' || w.rulename || ' on view ' || w.ev_class::regclass::text FROM pg_catalog.pg_rewrite w WHERE $1 = 2618 AND w.oid = $2
            UNION ALL SELECT 'role ' || r.rolname FROM pg_catalog.pg_roles r WHERE $1 = 1260 AND r.oid = $2
            UNION ALL SELECT 'constraint ' || o.conname || ' on table ' || o.conrelid::regclass::text FROM pg_catalog.pg_constraint o WHERE $1 = 2606 AND o.oid = $2) AS d)
        """

    private static let viewDefinition = "(SELECT v.definition FROM pg_catalog.till_views v WHERE v.oid = $1)"

    /// Behind the name, and before the brackets of its lists, of a type whose modifier says nothing in words of its own.
    private static let bareModifier =
        "CASE WHEN $2 >= 0 AND $1 NOT IN (16, 20, 21, 23, 700, 701, 1700, 1043, 1000, 1005, 1007, 1016, 1021, 1022, 1231, 1015) THEN '(' || $2::text || ')' ELSE '' END"

    private static let formatType = """
        CASE WHEN $1 IS NULL THEN NULL WHEN $1 = 0 THEN '-'
            WHEN $1 IN (1700, 1231) AND $2 > 4 THEN 'numeric(' || (($2 - 4) / 65536)::text || ',' || (($2 - 4) % 65536)::text || CASE WHEN $1 = 1231 THEN ')[]' ELSE ')' END
            WHEN $1 IN (1042, 1014) AND $2 IS NOT NULL THEN CASE WHEN $2 > 4 THEN 'character(' || ($2 - 4)::text || ')' WHEN $2 >= 0 THEN 'character' ELSE 'bpchar' END || CASE WHEN $1 = 1014 THEN '[]' ELSE '' END
            WHEN $1 IN (1043, 1015) AND $2 > 4 THEN 'character varying(' || ($2 - 4)::text || CASE WHEN $1 = 1015 THEN ')[]' ELSE ')' END
            WHEN $1 IN (1083, 1183, 1114, 1115, 1184, 1185, 1266, 1270) AND $2 >= 0 THEN CASE WHEN $1 IN (1083, 1183, 1266, 1270) THEN 'time(' ELSE 'timestamp(' END || $2::text
                || CASE WHEN $1 IN (1184, 1185, 1266, 1270) THEN ') with time zone' ELSE ') without time zone' END || CASE WHEN $1 IN (1183, 1115, 1185, 1270) THEN '[]' ELSE '' END
            WHEN $1 IN (1186, 1187) AND $2 >= 0 THEN 'interval' || CASE $2 / 65536 WHEN 2 THEN ' month' WHEN 4 THEN ' year' WHEN 6 THEN ' year to month' WHEN 8 THEN ' day'
                    WHEN 1024 THEN ' hour' WHEN 2048 THEN ' minute' WHEN 4096 THEN ' second' WHEN 1032 THEN ' day to hour' WHEN 3080 THEN ' day to minute' WHEN 7176 THEN ' day to second'
                    WHEN 3072 THEN ' hour to minute' WHEN 7168 THEN ' hour to second' WHEN 6144 THEN ' minute to second' ELSE '' END
                || CASE WHEN $2 % 65536 < 65535 THEN '(' || ($2 % 65536)::text || ')' ELSE '' END || CASE WHEN $1 = 1187 THEN '[]' ELSE '' END
            WHEN $1 IN (1560, 1561, 1562, 1563) AND $2 >= 0 THEN CASE WHEN $1 < 1562 THEN 'bit(' ELSE 'bit varying(' END || $2::text || CASE WHEN $1 IN (1561, 1563) THEN ')[]' ELSE ')' END
            WHEN $1 = 1560 AND $2 < 0 THEN '"bit"'
            ELSE coalesce(replace((SELECT t.shown FROM pg_catalog.till_type_names t WHERE t.oid = $1) || \(bareModifier), '[]' || \(bareModifier), \(bareModifier) || '[]'), '???') END
        """
}
