/// The metaschema of JSON Schema draft 2020-12: the schema that schemas follow, in its vocabularies' parts, as json-schema.org publishes it.
///
/// Read twice: `compiled` is what each schema of a type file is held against before it is compiled, so that faults of form have good words; and
/// the texts are found by references (`$ref` to a metaschema), as they would be if they came with the type.
enum Metaschema {
    /// What `$schema` names, and what a schema without it follows.
    static let uri = "https://json-schema.org/draft/2020-12/schema"
    /// What the names of the vocabularies begin with: `applicator` and others follow.
    static let vocabulary = "https://json-schema.org/draft/2020-12/vocab/"
    private static let folder = "https://json-schema.org/draft/2020-12/"

    /// Compiled once; nil only if the texts below were broken, which a test rules out.
    static let compiled: JSONSchema? = {
        guard let text = texts[uri] else { return nil }
        do throws(TypeFileError) {
            return try JSONSchema(metaschema: Array(text.utf8))
        } catch {
            return nil
        }
    }()

    /// By absolute URI. Each holds its vocabulary's keywords only, and refers to the others by the dynamic anchor `meta`: a schema that follows
    /// the root is checked by all of them.
    static let texts: [String: String] = [
        uri: root, folder + "meta/core": core, folder + "meta/applicator": applicator, folder + "meta/unevaluated": unevaluated,
        folder + "meta/validation": validation, folder + "meta/meta-data": metaData, folder + "meta/format-annotation": format("annotation"),
        folder + "meta/format-assertion": format("assertion"), folder + "meta/content": content,
    ]

    /// The four members that all parts have. `$dynamicAnchor` is what lets `{"$dynamicRef": "#meta"}` in a part mean the root when validation
    /// began there.
    private static func head(_ name: String, _ vocabulary: String) -> String {
        #""$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://json-schema.org/draft/2020-12/\#(name)", "$dynamicAnchor": "meta", "$vocabulary": {\#(vocabulary)}"#
    }

    private static func entry(_ name: String) -> String { "\"\(vocabulary)\(name)\": true" }

    private static let root = """
        {\(head("schema", ["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"].map(entry).joined(separator: ", "))),
         "title": "Core and Validation specifications meta-schema",
         "allOf": [{"$ref": "meta/core"}, {"$ref": "meta/applicator"}, {"$ref": "meta/unevaluated"}, {"$ref": "meta/validation"},
                   {"$ref": "meta/meta-data"}, {"$ref": "meta/format-annotation"}, {"$ref": "meta/content"}],
         "type": ["object", "boolean"],
         "properties": {
           "definitions": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "deprecated": true, "default": {}},
           "dependencies": {"type": "object", "additionalProperties": {"anyOf": [{"$dynamicRef": "#meta"}, {"$ref": "meta/validation#/$defs/stringArray"}]}, "deprecated": true, "default": {}},
           "$recursiveAnchor": {"$ref": "meta/core#/$defs/anchorString", "deprecated": true},
           "$recursiveRef": {"$ref": "meta/core#/$defs/uriReferenceString", "deprecated": true}}}
        """

    private static let core = #"""
        {\#(head("meta/core", entry("core"))),
         "title": "Core vocabulary meta-schema", "type": ["object", "boolean"],
         "properties": {
           "$id": {"$ref": "#/$defs/uriReferenceString", "$comment": "Non-empty fragments not allowed.", "pattern": "^[^#]*#?$"},
           "$schema": {"$ref": "#/$defs/uriString"},
           "$ref": {"$ref": "#/$defs/uriReferenceString"},
           "$anchor": {"$ref": "#/$defs/anchorString"},
           "$dynamicRef": {"$ref": "#/$defs/uriReferenceString"},
           "$dynamicAnchor": {"$ref": "#/$defs/anchorString"},
           "$vocabulary": {"type": "object", "propertyNames": {"$ref": "#/$defs/uriString"}, "additionalProperties": {"type": "boolean"}},
           "$comment": {"type": "string"},
           "$defs": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}},
         "$defs": {
           "anchorString": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
           "uriString": {"type": "string", "format": "uri"},
           "uriReferenceString": {"type": "string", "format": "uri-reference"}}}
        """#

    private static let applicator = """
        {\(head("meta/applicator", entry("applicator"))),
         "title": "Applicator vocabulary meta-schema", "type": ["object", "boolean"],
         "properties": {
           "prefixItems": {"$ref": "#/$defs/schemaArray"},
           "items": {"$dynamicRef": "#meta"},
           "contains": {"$dynamicRef": "#meta"},
           "additionalProperties": {"$dynamicRef": "#meta"},
           "properties": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "default": {}},
           "patternProperties": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "propertyNames": {"format": "regex"}, "default": {}},
           "dependentSchemas": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "default": {}},
           "propertyNames": {"$dynamicRef": "#meta"},
           "if": {"$dynamicRef": "#meta"}, "then": {"$dynamicRef": "#meta"}, "else": {"$dynamicRef": "#meta"},
           "allOf": {"$ref": "#/$defs/schemaArray"}, "anyOf": {"$ref": "#/$defs/schemaArray"}, "oneOf": {"$ref": "#/$defs/schemaArray"},
           "not": {"$dynamicRef": "#meta"}},
         "$defs": {"schemaArray": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}}}}
        """

    private static let unevaluated = """
        {\(head("meta/unevaluated", entry("unevaluated"))),
         "title": "Unevaluated applicator vocabulary meta-schema", "type": ["object", "boolean"],
         "properties": {"unevaluatedItems": {"$dynamicRef": "#meta"}, "unevaluatedProperties": {"$dynamicRef": "#meta"}}}
        """

    private static let validation = """
        {\(head("meta/validation", entry("validation"))),
         "title": "Validation vocabulary meta-schema", "type": ["object", "boolean"],
         "properties": {
           "type": {"anyOf": [{"$ref": "#/$defs/simpleTypes"}, {"type": "array", "items": {"$ref": "#/$defs/simpleTypes"}, "minItems": 1, "uniqueItems": true}]},
           "const": true,
           "enum": {"type": "array", "items": true},
           "multipleOf": {"type": "number", "exclusiveMinimum": 0},
           "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"}, "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
           "maxLength": {"$ref": "#/$defs/nonNegativeInteger"}, "minLength": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
           "pattern": {"type": "string", "format": "regex"},
           "maxItems": {"$ref": "#/$defs/nonNegativeInteger"}, "minItems": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
           "uniqueItems": {"type": "boolean", "default": false},
           "maxContains": {"$ref": "#/$defs/nonNegativeInteger"}, "minContains": {"$ref": "#/$defs/nonNegativeInteger", "default": 1},
           "maxProperties": {"$ref": "#/$defs/nonNegativeInteger"}, "minProperties": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
           "required": {"$ref": "#/$defs/stringArray"},
           "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/stringArray"}}},
         "$defs": {
           "nonNegativeInteger": {"type": "integer", "minimum": 0},
           "nonNegativeIntegerDefault0": {"$ref": "#/$defs/nonNegativeInteger", "default": 0},
           "simpleTypes": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]},
           "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": true, "default": []}}}
        """

    private static let metaData = """
        {\(head("meta/meta-data", entry("meta-data"))),
         "title": "Meta-data vocabulary meta-schema", "type": ["object", "boolean"],
         "properties": {
           "title": {"type": "string"}, "description": {"type": "string"}, "default": true,
           "deprecated": {"type": "boolean", "default": false}, "readOnly": {"type": "boolean", "default": false},
           "writeOnly": {"type": "boolean", "default": false}, "examples": {"type": "array", "items": true}}}
        """

    private static func format(_ kind: String) -> String {
        """
        {\(head("meta/format-\(kind)", entry("format-\(kind)"))),
         "title": "Format vocabulary meta-schema for \(kind) results", "type": ["object", "boolean"],
         "properties": {"format": {"type": "string"}}}
        """
    }

    private static let content = """
        {\(head("meta/content", entry("content"))),
         "title": "Content vocabulary meta-schema", "type": ["object", "boolean"],
         "properties": {"contentEncoding": {"type": "string"}, "contentMediaType": {"type": "string"}, "contentSchema": {"$dynamicRef": "#meta"}}}
        """
}
