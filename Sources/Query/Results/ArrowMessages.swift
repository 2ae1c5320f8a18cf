import ColumnStore

/// Messages of Arrow's IPC format (format/Message.fbs and format/Schema.fbs of Apache Arrow, metadata version 5): their flatbuffers, and the frame that
/// each stands in.
///
/// Numbers of slots in `builder.table` are those of the fields in these files, from 0; a union takes two, its kind and its
/// value.
enum ArrowMessages {
    /// Raw values are those of the format: do not renumber.
    private enum Header: UInt8 { case schema = 1, dictionaryBatch = 2, recordBatch = 3 }
    private enum TypeNumber: UInt8 {
        case int = 2, real = 3, binary = 4, text = 5, bool = 6, decimal = 7, date = 8, time = 9, timestamp = 10, list = 12, structure = 13
    }

    /// V5 is 4: versions count from 0.
    private static let version: Int16 = 4

    // MARK: Schema

    /// - Parameter dictionaries: the numbers of those columns that have codes into a dictionary.
    static func schema(_ fields: [Field], dictionaries: [Int: Int64]) -> [UInt8] {
        var builder = FlatBufferBuilder()
        let places = fields.enumerated().map { field($0.element, dictionary: dictionaries[$0.offset], &builder) }
        let vector = builder.vector(places)
        let schema = builder.table { table in
            table.offset(1, vector)
            // Little-endian.
            table.scalar(0, Int16(0))
        }
        return message(.schema, schema, bodyByteCount: 0, builder)
    }

    /// A Field with its children. Codes are signed numbers of 32 bits, as the format advises.
    private static func field(_ field: Field, dictionary: Int64?, _ builder: inout FlatBufferBuilder) -> Int {
        var children: [Int] = []
        switch field.type {
        case .list(let element): children = [Self.field(Field("item", element.type), dictionary: nil, &builder)]
        case .structure(let members): children = members.map { Self.field($0, dictionary: nil, &builder) }
        default: break
        }
        let name = builder.string(field.name), childVector = builder.vector(children)
        let (number, type) = self.type(field.type, &builder)
        var encoding: Int?
        if let dictionary {
            let index = builder.table { table in
                table.scalar(0, Int32(32))
                table.scalar(1, UInt8(1))
            }
            encoding = builder.table { table in
                table.scalar(0, dictionary)
                table.offset(1, index)
            }
        }
        return builder.table { table in
            table.offset(0, name)
            table.offset(3, type)
            if let encoding { table.offset(4, encoding) }
            table.offset(5, childVector)
            // Any column may have NULLs.
            table.scalar(1, UInt8(1))
            table.scalar(2, number.rawValue)
        }
    }

    /// The type's number, and the place of its table.
    private static func type(_ type: ColumnType, _ builder: inout FlatBufferBuilder) -> (TypeNumber, Int) {
        /// Microseconds, as the format numbers units of time.
        let micro: Int16 = 2
        switch type {
        case .boolean: return (.bool, builder.table { _ in })
        case .int32, .int64:
            return (.int, builder.table { table in
                table.scalar(0, Int32(type == .int32 ? 32 : 64))
                table.scalar(1, UInt8(1))
            })
        case .double: return (.real, builder.table { $0.scalar(0, Int16(2)) })
        case .decimal(let precision, let scale):
            return (.decimal, builder.table { table in
                table.scalar(0, Int32(truncatingIfNeeded: precision))
                table.scalar(1, Int32(truncatingIfNeeded: scale))
                table.scalar(2, Int32(128))
            })
        // Days: what is not said would be milliseconds.
        case .date: return (.date, builder.table { $0.scalar(0, Int16(0)) })
        case .time:
            return (.time, builder.table { table in
                table.scalar(1, Int32(64))
                table.scalar(0, micro)
            })
        case .timestamp(let isUTC), .timestampNanoseconds(let isUTC):
            let zone = isUTC ? builder.string("UTC") : nil
            return (.timestamp, builder.table { table in
                if let zone { table.offset(1, zone) }
                table.scalar(0, micro)
            })
        case .binary: return (.binary, builder.table { _ in })
        case .list: return (.list, builder.table { _ in })
        case .structure: return (.structure, builder.table { _ in })
        // Whatever else there is goes out as its text.
        case .string, .json, .uuid, .interval, .null: return (.text, builder.table { _ in })
        }
    }

    // MARK: Batches

    /// The message of a batch; the body's bytes are to follow it.
    static func recordBatch(_ body: ArrowBody) -> [UInt8] {
        var builder = FlatBufferBuilder()
        let batch = self.batch(body, &builder)
        return message(.recordBatch, batch, bodyByteCount: body.bytes.count, builder)
    }

    /// The message that gives a dictionary's entries, or others in their place.
    static func dictionaryBatch(_ number: Int64, _ body: ArrowBody) -> [UInt8] {
        var builder = FlatBufferBuilder()
        let batch = self.batch(body, &builder)
        let dictionary = builder.table { table in
            table.scalar(0, number)
            table.offset(1, batch)
        }
        return message(.dictionaryBatch, dictionary, bodyByteCount: body.bytes.count, builder)
    }

    private static func batch(_ body: ArrowBody, _ builder: inout FlatBufferBuilder) -> Int {
        let nodes = builder.vector(ofPairs: body.nodes.map { (Int64($0.count), Int64($0.nullCount)) })
        let buffers = builder.vector(ofPairs: body.buffers.map { (Int64($0.offset), Int64($0.byteCount)) })
        let compression = body.compression.map { codec in builder.table { $0.scalar(0, codec.rawValue) } }
        return builder.table { table in
            table.scalar(0, Int64(body.rowCount))
            table.offset(1, nodes)
            table.offset(2, buffers)
            if let compression { table.offset(3, compression) }
        }
    }

    /// In the frame of the stream format: a mark, the length of the flatbuffer with what fills it up to eight bytes, and that.
    private static func message(_ header: Header, _ place: Int, bodyByteCount: Int, _ open: FlatBufferBuilder) -> [UInt8] {
        var builder = open
        let root = builder.table { table in
            table.scalar(3, Int64(bodyByteCount))
            table.offset(2, place)
            table.scalar(0, version)
            table.scalar(1, header.rawValue)
        }
        var metadata = builder.finish(root)
        // The body, which follows, begins at a multiple of eight.
        while metadata.count % 8 != 0 { metadata.append(0) }
        return [0xFF, 0xFF, 0xFF, 0xFF] + bytes(UInt32(truncatingIfNeeded: metadata.count)) + metadata
    }

    /// The stream's end: an empty message.
    static let end: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]

    private static func bytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
}
