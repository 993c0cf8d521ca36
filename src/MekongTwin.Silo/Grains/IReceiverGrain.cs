using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>The appends that other silos' doors have for the partitions of one silo come in here together. Keyed <c>region|silo</c>.</summary>
[Alias("mt.receiver")]
public interface IReceiverGrain : IGrainWithStringKey
{
    /// <summary>Says for each append whether it is durable. False: its partition is not here, or takes long; it is to be asked itself.</summary>
    [Alias("append")]
    Task<bool[]> AppendAsync(WireAppend[] appends);
}
