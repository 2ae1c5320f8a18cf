import ColumnStore

/// The rows of `information_schema` for what a catalog has; none for what a store does not have.
struct InformationRows {
    typealias Row = [String: Value]

    static let database = "till"
    /// Whose everything is.
    private static let owner = "till"

    let relations: [ShownRelation]
    /// All that FROM may name a relation of.
    let schemas: [String]
    let functions: [ShownFunction]

    func rows(of relation: String) -> [Row] {
        switch relation {
        case "information_schema_catalog_name": [["catalog_name": .string(Self.database)]]
        case "schemata": schemas.map { Self.texts(["catalog_name": Self.database, "schema_name": $0, "schema_owner": Self.owner]) }
        case "tables": relations.map(table)
        case "views": relations.filter(\.isView).map(view)
        case "columns": relations.flatMap { relation in relation.columns.indices.map { column($0, of: relation) } }
        case "element_types": relations.flatMap { relation in relation.columns.indices.compactMap { element($0, of: relation) } }
        case "table_constraints": relations.filter { $0.key != nil }.map(constraint)
        case "key_column_usage": relations.compactMap(keyColumn)
        case "constraint_column_usage": relations.compactMap(constrainedColumn)
        case "constraint_table_usage": relations.filter { $0.key != nil }.map(constraintPlace)
        case "table_privileges", "role_table_grants": relations.map(right)
        case "column_privileges", "role_column_grants": relations.flatMap(columnRights)
        case "routines": functions.map(Self.routine)
        case "character_sets": [Self.texts(["character_set_name": "UTF8", "character_repertoire": "UCS", "form_of_use": "UTF8", "default_collate_catalog": Self.database])]
        default: []
        }
    }

    private static func texts(_ values: [String: String]) -> Row { values.mapValues { .string($0) } }

    /// Where a relation is, as most rows say.
    private func place(_ relation: ShownRelation) -> Row {
        Self.texts(["table_catalog": Self.database, "table_schema": relation.schema, "table_name": relation.name])
    }

    private func table(_ relation: ShownRelation) -> Row {
        let more = ["table_type": relation.isView ? "VIEW" : "BASE TABLE", "is_insertable_into": "NO", "is_typed": "NO"]
        return place(relation).merging(Self.texts(more)) { $1 }
    }

    private func view(_ relation: ShownRelation) -> Row {
        let refused = ["is_updatable", "is_insertable_into", "is_trigger_updatable", "is_trigger_deletable", "is_trigger_insertable_into"]
        let more = Dictionary(uniqueKeysWithValues: refused.map { ($0, "NO") }).merging(["check_option": "NONE"]) { $1 }
        var row = place(relation).merging(Self.texts(more)) { $1 }
        row["view_definition"] = relation.definition.map { .string($0) }
        return row
    }

    private func right(_ relation: ShownRelation) -> Row {
        let more = ["grantor": Self.owner, "grantee": "PUBLIC", "privilege_type": "SELECT", "is_grantable": "NO", "with_hierarchy": "YES"]
        return place(relation).merging(Self.texts(more)) { $1 }
    }

    /// Of each column what its relation's is.
    private func columnRights(_ relation: ShownRelation) -> [Row] {
        let right = right(relation)
        return relation.columns.map { right.merging(["column_name": .string($0.name)]) { $1 } }
    }

    // MARK: Columns

    private func column(_ index: Int, of relation: ShownRelation) -> Row {
        let field = relation.columns[index]
        var row = place(relation).merging(Self.type(field.type)) { $1 }
        row["column_name"] = .string(field.name)
        row["ordinal_position"] = .integer(Int64(index + 1))
        row["dtd_identifier"] = .string("\(index + 1)")
        row["is_nullable"] = .string(relation.key == index ? "NO" : "YES")
        for name in ["is_self_referencing", "is_identity", "identity_cycle", "is_updatable"] { row[name] = .string("NO") }
        row["is_generated"] = .string("NEVER")
        return row
    }

    private func element(_ index: Int, of relation: ShownRelation) -> Row? {
        guard case .list(let element) = relation.columns[index].type, !element.type.isNested else { return nil }
        var row = Self.type(element.type)
        row["object_catalog"] = .string(Self.database)
        row["object_schema"] = .string(relation.schema)
        row["object_name"] = .string(relation.name)
        row["object_type"] = .string(relation.isView ? "VIEW" : "TABLE")
        row["collection_type_identifier"] = .string("\(index + 1)")
        row["dtd_identifier"] = .string("a\(index + 1)")
        return row
    }

    /// What the columns that tell of a type say.
    private static func type(_ type: ColumnType) -> Row {
        let named = InformationType(type)
        var row = texts(["data_type": named.name, "udt_catalog": database, "udt_schema": "pg_catalog", "udt_name": named.catalogName])
        for (name, number) in named.figures { row[name] = .integer(number) }
        return row
    }

    // MARK: Functions

    /// One for each name: how a function is called, `pg_proc` tells.
    private static func routine(_ function: ShownFunction) -> Row {
        var row = texts([
            "specific_catalog": database, "specific_schema": "pg_catalog", "specific_name": function.name, "routine_catalog": database, "routine_schema": "pg_catalog",
            "routine_name": function.name, "routine_body": "EXTERNAL", "external_language": "INTERNAL", "parameter_style": "GENERAL",
            "is_deterministic": function.volatility == .immutable ? "YES" : "NO", "sql_data_access": "MODIFIES", "schema_level_routine": "YES",
            "is_user_defined_cast": "NO", "is_implicitly_invocable": "NO", "security_type": "INVOKER", "as_locator": "NO", "is_udt_dependent": "NO",
        ])
        // Of an aggregate and of a window's function PostgreSQL says nothing here.
        if function.kind == .scalar || function.kind == .rows { row["routine_type"] = .string("FUNCTION") }
        row["max_dynamic_result_sets"] = .integer(0)
        return row
    }

    // MARK: Keys

    private func constraintPlace(_ relation: ShownRelation) -> Row {
        Self.texts(["constraint_catalog": Self.database, "constraint_schema": relation.schema, "constraint_name": "\(relation.name)_pkey"]).merging(place(relation)) { $1 }
    }

    private func constraint(_ relation: ShownRelation) -> Row {
        let more = ["constraint_type": "PRIMARY KEY", "is_deferrable": "NO", "initially_deferred": "NO", "enforced": "YES"]
        return constraintPlace(relation).merging(Self.texts(more)) { $1 }
    }

    private func constrainedColumn(_ relation: ShownRelation) -> Row? {
        guard let key = relation.key else { return nil }
        var row = constraintPlace(relation)
        row["column_name"] = .string(relation.columns[key].name)
        return row
    }

    private func keyColumn(_ relation: ShownRelation) -> Row? {
        var row = constrainedColumn(relation)
        row?["ordinal_position"] = .integer(1)
        return row
    }
}
