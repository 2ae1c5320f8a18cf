internal import ColumnStore
internal import Query

/// A relation of `pg_catalog`: its number, and its columns as PostgreSQL 15 has them.
struct SystemRelation: Sendable {
    struct SystemColumn: Sendable {
        let name: String
        /// PostgreSQL's own name of the type; an array's element with `[]`.
        let typeName: String
        let type: ColumnType
    }

    let number: Int64
    let isView: Bool
    let name: String
    let columns: [SystemColumn]

    static let all: [SystemRelation] = {
        // A line that begins with blanks goes on with the one before.
        let text = (SystemRelationText.all + "\n" + SystemStatisticsText.all).replacing("\n        ", with: " ")
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 3, let number = Int64(words[0]) else { return nil }
            let columns = words.dropFirst(3).compactMap { word -> SystemColumn? in
                let parts = word.split(separator: ":")
                return parts.count == 2 ? SystemColumn(name: String(parts[0]), typeName: String(parts[1]), type: type(String(parts[1]))) : nil
            }
            return SystemRelation(number: number, isView: words[1] == "v", name: String(words[2].dropLast()), columns: columns)
        }
    }()

    /// Of `pg_class`, which says of a comment that it is on a relation.
    static let classNumber: Int64 = 1_259

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// For a type of PostgreSQL's that is none of ours, the type that its values are kept as.
    private static func type(_ name: String) -> ColumnType {
        if name.hasSuffix("[]") { return .list(element: Field("element", type(String(name.dropLast(2))))) }
        switch name {
        case "bool": return .boolean
        case "int2", "int4": return .int32
        case "int8", "oid", "xid", "cid", "regproc", "regtype", "regclass": return .int64
        case "float4", "float8": return .double
        case "numeric": return .decimal38(scale: 0)
        case "timestamptz": return .timestampTZ
        case "interval": return .interval
        case "bytea": return .binary
        case "oidvector": return .list(element: Field("element", .int64))
        case "int2vector": return .list(element: Field("element", .int32))
        default: return .string
        }
    }

    /// Those that are NULL, or never, otherwise than their types have it.
    private static let exceptions = Set(
        """
        pg_proc.prosrc pg_attrdef.adbin pg_largeobject.data pg_statistic_ext.stxkind pg_rewrite.ev_qual pg_rewrite.ev_action pg_trigger.tgargs pg_trigger.tgoldtable pg_trigger.tgnewtable
        pg_description.description pg_database.datcollate pg_database.datctype pg_authid.rolvaliduntil pg_shdescription.description pg_extension.extversion pg_policy.polroles
        pg_replication_origin.roname pg_default_acl.defaclacl pg_init_privs.initprivs pg_seclabel.provider pg_seclabel.label pg_shseclabel.provider pg_shseclabel.label
        pg_parameter_acl.parname pg_publication_rel.prattrs pg_subscription.subconninfo pg_subscription_rel.srsublsn pg_subscription.subslotname pg_subscription.subsynccommit
        pg_subscription.subpublications
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    /// Whether a column is never NULL: a table's, where each value of its type has one length, and its vectors.
    func isRequired(_ column: SystemColumn, typeNumber: Int64) -> Bool {
        guard !isView else { return false }
        let isPlain = (SystemType.byNumber[typeNumber]?.length ?? -1) > 0 || column.typeName.hasSuffix("vector")
        return isPlain != Self.exceptions.contains("\(name).\(column.name)")
    }

    // MARK: Rows

    /// Functions that give rows of what is not here: how many arguments each takes, and a table of its columns without rows.
    static let emptyFunctions: [String: (argumentCount: Int, table: MemoryTable)] = {
        let all = """
            pg_options_to_table 1 option_name:text option_value:text
            pg_partition_tree 1 relid:regclass parentrelid:regclass isleaf:bool level:int4
            pg_partition_ancestors 1 relid:regclass
            pg_available_extensions 0 name:name default_version:text comment:text
            pg_extension_update_paths 1 source:text target:text path:text
            aclexplode 1 grantor:oid grantee:oid privilege_type:text is_grantable:bool
            pg_get_publication_tables 1 relid:oid attrs:int2vector qual:pg_node_tree
            pg_available_extension_versions 0 name:name version:text superuser:bool trusted:bool relocatable:bool schema:name requires:name[] comment:text
            pg_listening_channels 0 pg_listening_channels:text
            pg_tablespace_databases 1 pg_tablespace_databases:oid
            ts_token_type 1 tokid:int4 alias:text description:text
            pg_prepared_xact 0 transaction:xid gid:text prepared:timestamptz ownerid:oid dbid:oid
            pg_stat_get_wal_senders 0 pid:int4 state:text sent_lsn:text write_lsn:text flush_lsn:text replay_lsn:text write_lag:interval flush_lag:interval replay_lag:interval sync_priority:int4 sync_state:text reply_time:timestamptz
            pg_stat_get_progress_info 1 pid:int4 datid:oid relid:oid param1:int8 param2:int8 param3:int8 param4:int8 param5:int8 param6:int8 param7:int8 param8:int8 param9:int8 param10:int8 param11:int8 param12:int8 param13:int8 param14:int8 param15:int8 param16:int8 param17:int8 param18:int8 param19:int8 param20:int8
            """
        let functions = all.split(separator: "\n").compactMap { line -> (String, (argumentCount: Int, table: MemoryTable))? in
            let words = line.split(separator: " ")
            guard words.count > 2, let count = Int(words[1]) else { return nil }
            let columns = words.dropFirst(2).compactMap { word -> (name: String, type: String)? in
                let parts = word.split(separator: ":").map(String.init)
                return parts.count == 2 ? (name: parts[0], type: parts[1]) : nil
            }
            let declared = Dictionary(columns.map { ($0.name, $0.type) }, uniquingKeysWith: { $1 })
            return (String(words[0]), (count, MemoryTable(schema: Schema(columns.map { Field($0.name, type($0.type)) }), batches: [], declaredTypes: declared)))
        }
        return Dictionary(functions, uniquingKeysWith: { $1 })
    }()

    /// Functions that give the rows of a relation, which PostgreSQL makes views of.
    static let relationsOfFunctions: [String: String] = [
        "pg_show_all_settings": "pg_settings", "pg_show_all_file_settings": "pg_file_settings", "pg_lock_status": "pg_locks", "pg_cursor": "pg_cursors",
        "pg_prepared_statement": "pg_prepared_statements", "pg_timezone_names": "pg_timezone_names", "pg_timezone_abbrevs": "pg_timezone_abbrevs", "pg_config": "pg_config",
        "pg_hba_file_rules": "pg_hba_file_rules", "pg_ident_file_mappings": "pg_ident_file_mappings",
    ]

    /// Columns of views whose numbers are NULL where there is nothing of the kind: no leader, no transaction of its own, no hash of a text, no file.
    private static let nulls = Set(
        """
        pg_stat_activity.leader_pid pg_stat_activity.backend_xid pg_stat_activity.backend_xmin pg_stat_activity.query_id pg_settings.sourceline pg_stat_ssl.bits
        pg_stat_database.checksum_failures
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    /// What stands where a row does not say: no number, no truth, no letter, and else nothing.
    private func blank(_ column: SystemColumn) -> Value {
        if Self.nulls.contains("\(name).\(column.name)") { return .null }
        return switch column.type {
        case .boolean: .boolean(false)
        case .int32, .int64: .integer(0)
        case .double: .double(0)
        case .string: column.typeName == "char" ? .string("") : .null
        default: .null
        }
    }

    /// The relation with `rows`, each by the names of its columns.
    func table(_ rows: [[String: Value]]) -> MemoryTable {
        var builders = columns.map { ColumnBuilder(type: $0.type) }
        let blanks = columns.map { blank($0) }
        for row in rows {
            for (index, column) in columns.enumerated() { builders[index].append(row[column.name] ?? blanks[index]) }
        }
        let made = builders.indices.map { builders[$0].finish() }
        let schema = Schema(columns.map { Field($0.name, $0.type) })
        return MemoryTable(
            schema: schema, batches: rows.isEmpty ? [] : [ColumnBatch(rowCount: rows.count, columns: made)],
            declaredTypes: Dictionary(columns.map { ($0.name, $0.typeName) }, uniquingKeysWith: { $1 }))
    }
}
