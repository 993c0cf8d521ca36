namespace MekongTwin.Engines.PowerFlow;

/// <summary>Arrays that start with one value everywhere.</summary>
internal static class Filled
{
    public static T[] With<T>(int count, T value)
    {
        var array = new T[count];
        Array.Fill(array, value);
        return array;
    }
}
