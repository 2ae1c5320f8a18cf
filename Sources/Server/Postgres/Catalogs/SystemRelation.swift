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

    /// Of PostgreSQL's types that are none of ours the one that their values are told by.
    private static func type(_ name: String) -> ColumnType {
        if name.hasSuffix("[]") { return .list(element: Field("element", type(String(name.dropLast(2))))) }
        switch name {
        case "bool": return .boolean
        case "int2", "int4": return .int32
        case "int8", "oid", "xid", "cid", "regproc", "regtype", "regclass": return .int64
        case "float4", "float8": return .double
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

    /// Functions that stand in FROM and tell of what is not here: how many arguments each takes, and a table of its columns without rows.
    static let emptyFunctions: [String: (argumentCount: Int, table: MemoryTable)] = {
        let all: [(String, Int, [(String, ColumnType)])] = [
            ("pg_options_to_table", 1, [("option_name", .string), ("option_value", .string)]),
            ("pg_partition_tree", 1, [("relid", .int64), ("parentrelid", .int64), ("isleaf", .boolean), ("level", .int32)]), ("pg_partition_ancestors", 1, [("relid", .int64)]),
            ("pg_available_extensions", 0, [("name", .string), ("default_version", .string), ("comment", .string)]),
            ("pg_extension_update_paths", 1, [("source", .string), ("target", .string), ("path", .string)]),
            ("aclexplode", 1, [("grantor", .int64), ("grantee", .int64), ("privilege_type", .string), ("is_grantable", .boolean)]),
            ("pg_get_publication_tables", 1, [("relid", .int64), ("attrs", .string), ("qual", .string)]),
            ("pg_available_extension_versions", 0, [("name", .string), ("version", .string), ("superuser", .boolean), ("trusted", .boolean), ("relocatable", .boolean), ("schema", .string), ("requires", .string), ("comment", .string)]),
            ("pg_listening_channels", 0, [("pg_listening_channels", .string)]), ("pg_tablespace_databases", 1, [("pg_tablespace_databases", .int64)]),
            ("pg_prepared_xact", 0, [("transaction", .int64), ("gid", .string), ("prepared", .timestampTZ), ("ownerid", .int64), ("dbid", .int64)]),
        ]
        return Dictionary(all.map { name, count, columns in (name, (count, MemoryTable(schema: Schema(columns.map { Field($0.0, $0.1) }), batches: []))) }, uniquingKeysWith: { $1 })
    }()

    /// What stands where a row does not say: no number, no truth, no letter, and else nothing.
    private static func blank(_ column: SystemColumn) -> Value {
        switch column.type {
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
        for row in rows {
            for (index, column) in columns.enumerated() { builders[index].append(row[column.name] ?? Self.blank(column)) }
        }
        let made = builders.indices.map { builders[$0].finish() }
        let schema = Schema(columns.map { Field($0.name, $0.type) })
        return MemoryTable(
            schema: schema, batches: rows.isEmpty ? [] : [ColumnBatch(rowCount: rows.count, columns: made)],
            declaredTypes: Dictionary(columns.map { ($0.name, $0.typeName) }, uniquingKeysWith: { $1 }))
    }
}
