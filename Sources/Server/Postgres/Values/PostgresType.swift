// Types as PostgreSQL's catalog numbers them: src/include/catalog/pg_type.dat of PostgreSQL 15. The numbers never change.

/// A type that goes over PostgreSQL's wire.
package enum PostgresType: UInt32, CaseIterable, Sendable {
    case bool = 16, bytea = 17, char = 18, name = 19, int8 = 20, int2 = 21, int2vector = 22, int4 = 23, regproc = 24, text = 25, oid = 26, xid = 28
    case oidvector = 30, json = 114, xml = 142, void = 2278, nodeTree = 194, float4 = 700, float8 = 701, unknown = 705, aclitem = 1033, bpchar = 1042, varchar = 1043
    case date = 1082, time = 1083, timestamp = 1114, timestamptz = 1184, interval = 1186, bit = 1560, varbit = 1562, numeric = 1700
    case regprocedure = 2202, regoper = 2203, regoperator = 2204, regclass = 2205, regtype = 2206, record = 2249, uuid = 2950, lsn = 3220, jsonb = 3802, jsonpath = 4072, regnamespace = 4089, regrole = 4096, regcollation = 4191

    /// Whether its values are numbers that are written as names: `regclass` and kin.
    package var isRegistry: Bool {
        switch self {
        case .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regnamespace, .regrole, .regcollation: true
        default: false
        }
    }

    /// What its values are like, whatever they are called.
    package enum Form: Sendable {
        case bool, int16, int32, int64, float32, float64, numeric, text, bytes, character, date, time, timestamp, instant, interval, uuid, jsonb, oid
        /// Strings of bits: texts of zeros and ones, which binary packs.
        case bits
        /// int2vector and oidvector: arrays that count from 0 and are written with blanks.
        case vector
        /// A row without a name: `(1,"a b",)`.
        case record
    }

    package var form: Form {
        switch self {
        case .bool: .bool
        case .int2: .int16
        case .int4: .int32
        case .int8: .int64
        case .float4: .float32
        case .float8: .float64
        case .numeric: .numeric
        case .text, .varchar, .bpchar, .name, .unknown, .void, .json, .jsonpath, .xml, .nodeTree, .aclitem, .lsn: .text
        case .bytea: .bytes
        case .char: .character
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp
        case .timestamptz: .instant
        case .interval: .interval
        case .uuid: .uuid
        case .bit, .varbit: .bits
        case .jsonb: .jsonb
        case .oid, .xid, .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regnamespace, .regrole, .regcollation: .oid
        case .int2vector, .oidvector: .vector
        case .record: .record
        }
    }

    /// Whether its bytes begin with the number of their form, which is 1.
    var hasVersion: Bool { self == .jsonb || self == .jsonpath }

    /// Bytes; −1 for values of any length.
    package var size: Int16 {
        switch form {
        case .bool, .character: 1
        case .int16: 2
        case .int32, .float32, .date, .oid: 4
        case .int64, .float64, .time, .timestamp, .instant: 8
        case .interval, .uuid: 16
        case .text: self == .name ? 64 : self == .unknown ? -2 : self == .aclitem ? 12 : self == .void ? 4 : self == .lsn ? 8 : -1
        case .numeric, .bytes, .jsonb, .vector, .record, .bits: -1
        }
    }

    /// The type of an array of it; 0 where there is none.
    package var arrayType: UInt32 {
        switch self {
        case .bool: 1000
        case .bytea: 1001
        case .char: 1002
        case .name: 1003
        case .int8: 1016
        case .int2: 1005
        case .int2vector: 1006
        case .int4: 1007
        case .regproc: 1008
        case .text: 1009
        case .oid: 1028
        case .xid: 1011
        case .oidvector: 1013
        case .json: 199
        case .xml: 143
        case .nodeTree, .unknown, .void: 0
        case .float4: 1021
        case .float8: 1022
        case .aclitem: 1034
        case .bpchar: 1014
        case .varchar: 1015
        case .date: 1182
        case .time: 1183
        case .timestamp: 1115
        case .timestamptz: 1185
        case .interval: 1187
        case .bit: 1561
        case .varbit: 1563
        case .numeric: 1231
        case .regprocedure: 2207
        case .regoper: 2208
        case .regoperator: 2209
        case .regclass: 2210
        case .regtype: 2211
        case .record: 2287
        case .uuid: 2951
        case .lsn: 3221
        case .jsonb: 3807
        case .jsonpath: 4073
        case .regnamespace: 4090
        case .regrole: 4097
        case .regcollation: 4192
        }
    }

    /// Of an array, the type of what it holds.
    package static func element(ofArray type: UInt32) -> PostgresType? { type == 0 ? nil : allCases.first { $0.arrayType == type } }

    /// The typmod of NUMERIC(p, s).
    package static func numericModifier(precision: Int, scale: Int) -> Int32 { Int32(truncatingIfNeeded: (precision << 16 | (scale & 0x7FF)) &+ 4) }
}
