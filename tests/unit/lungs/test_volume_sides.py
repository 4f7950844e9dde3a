import numpy as np

from ssinfnet.lungs.volume_sides import part

SPACING = (3.0, 2.0, 2.0)
Z, Y, X = np.indices((20, 40, 60))


def ball(x, radius=10):
    return (Z - 10) ** 2 + (Y - 20) ** 2 + (X - x) ** 2 < radius**2


def test_pieces_lie_on_the_side_of_their_centre():
    sides = part([ball(15), ball(45), ball(57, 3) & ~ball(45)], 30, SPACING)
    assert np.array_equal(sides == 1, ball(15)) and np.array_equal(sides == 2, ball(45) | ball(57, 3))


def test_a_piece_on_both_sides_is_cut_where_it_is_narrow():
    bridge = (abs(Z - 10) < 3) & (abs(Y - 20) < 3) & (X > 15) & (X < 45)
    sides = part([ball(17) | ball(45) | bridge], 30, SPACING)
    assert np.array_equal(sides > 0, ball(17) | ball(45) | bridge)
    assert (sides[ball(17)] == 1).all() and (sides[ball(45)] == 2).all()


def test_a_piece_that_is_nowhere_narrow_is_cut_in_the_middle():
    block = (abs(Y - 20) < 10) & (X > 5) & (X < 55)
    assert np.array_equal(part([block], 30, SPACING), block * np.where(X > 30, 2, 1))


def test_two_lungs_beside_the_middle_are_told_by_their_place_to_each_other():
    sides = part([ball(14), ball(36)], 50, SPACING)
    assert (sides[ball(14)] == 1).all() and (sides[ball(36)] == 2).all()
    assert set(np.unique(part([ball(14)], 50, SPACING))) == {0, 1}
