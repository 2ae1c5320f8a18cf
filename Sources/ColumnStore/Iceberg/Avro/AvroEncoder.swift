/// Appends values in Avro's binary encoding.
///
/// The caller knows the schema: values follow one another in the order of its fields, and nothing here checks that they do.
/// `AvroDecoder` has the encoding.
struct AvroEncoder {
    private(set) var bytes: [UInt8] = []

    /// Forgets what was encoded, and keeps the memory for the next block.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// An int or a long: zigzag, so that small negative numbers stay short, then seven bits a byte, the lowest first.
    mutating func long(_ value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func int(_ value: Int32) {
        long(Int64(value))
    }

    mutating func boolean(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    mutating func byteArray(_ value: [UInt8]) {
        long(Int64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func string(_ value: String) {
        long(Int64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// A union `["null", X]`: the branch, then the value if there is one.
    mutating func optional<Value>(_ value: Value?, _ encode: (inout AvroEncoder, Value) -> Void) {
        if let value {
            long(1)
            encode(&self, value)
        } else {
            long(0)
        }
    }

    mutating func optionalLong(_ value: Int64?) {
        optional(value) { $0.long($1) }
    }

    /// `["null", array]`.
    /// A list that is there is one block and its end; an empty one the end alone.
    mutating func optionalLongs(_ values: [Int64]?) {
        optional(values) { encoder, values in
            if !values.isEmpty {
                encoder.long(Int64(values.count))
                for value in values { encoder.long(value) }
            }
            encoder.long(0)
        }
    }

    /// An int-keyed map as `["null", array of records of key and value]`, by ascending key; null when there is none.
    mutating func optionalCounts(_ map: FieldCounts?) {
        optional(map) { encoder, map in
            if !map.ids.isEmpty { encoder.long(Int64(map.ids.count)) }
            for (id, value) in zip(map.ids, map.values) {
                encoder.int(id)
                encoder.long(value)
            }
            encoder.long(0)
        }
    }

    /// As `optionalCounts`.
    mutating func optionalBounds(_ map: FieldBounds?) {
        optional(map) { encoder, map in
            if !map.ids.isEmpty { encoder.long(Int64(map.ids.count)) }
            for (index, id) in map.ids.enumerated() {
                encoder.int(id)
                encoder.byteArray(map.bound(at: index))
            }
            encoder.long(0)
        }
    }
}
