using Npgsql;
using NpgsqlTypes;

namespace MekongTwin.Silo.Storage;

/// <summary>Positional parameters ($1, $2, ...), one after another.</summary>
internal static class Parameters
{
    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value)
    {
        command.Parameters.Add(Make(value));
        return command;
    }

    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value)
    {
        command.Parameters.Add(Make(value));
        return command;
    }

    private static NpgsqlParameter Make<T>(T value) => value is byte[][] many
        ? new NpgsqlParameter { Value = many, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea }
        : new NpgsqlParameter<T> { TypedValue = value };
}
